"""The control channel: its key, its verbs, and the errors that a user gets."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.audit import Audit, Gate
from sandbox.rbac import Policy
from sandbox.supervisor.control import Control, ControlError
from sandbox.supervisor.report import ControlReport

Answer = tuple[int, Any]
Ask = Callable[..., Awaitable[Answer]]


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    audit = Audit(tmp_path / "audit.jsonl")
    yield Gate(Policy([]), audit)
    audit.close()


def tried(
    control: Control, gate: Gate, steps: Callable[[Ask, ControlReport], Awaitable[None]]
) -> None:
    """Serve `control`, and take `steps` with a client of it."""

    async def serve() -> None:
        await control.start(gate)
        report = control.report
        async with aiohttp.ClientSession() as session:

            async def ask(verb: str, body: object, key: str = report.key) -> Answer:
                headers = {"Authorization": f"Bearer {key}"}
                url = f"{report.address}/{verb}"
                async with session.post(url, data=json.dumps(body), headers=headers) as answer:
                    return answer.status, await answer.json()

            try:
                await steps(ask, report)
            finally:
                await control.stop()

    asyncio.run(serve())


def test_a_verb_answers_under_the_right_key_alone(gate: Gate) -> None:
    control, heard = Control(), list[Mapping[str, Any]]()

    def set_(body: Mapping[str, Any]) -> Mapping[str, Any]:
        heard.append(body)
        return {"propagation": body["propagation"]}

    control.on("set", set_)

    async def steps(ask: Ask, report: ControlReport) -> None:
        assert await ask("set", {"propagation": 40}) == (200, {"propagation": 40})
        for key in ("", "Bearer", report.key[:-1], report.key + "x", "ä"):
            status, body = await ask("set", {"propagation": 50}, key)
            assert status == 403
            assert "key" in body["error"]

    tried(control, gate, steps)
    assert heard == [{"propagation": 40}], "a wrong key changes nothing"


def test_it_listens_on_loopback_alone_and_under_its_names(gate: Gate) -> None:
    async def steps(_: Ask, report: ControlReport) -> None:
        assert report.address.startswith("http://127.0.0.1:")
        headers = {"Host": "rebound.example", "Authorization": f"Bearer {report.key}"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{report.address}/set", headers=headers, data="{}") as answer,
        ):
            assert answer.status == 400

    tried(Control(), gate, steps)


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (ControlError("no queue is called 'x'"), 400, "no queue is called 'x'"),
        (KeyError("no identity is called 'x'"), 400, "no identity is called 'x'"),
        (OSError(28, "No space left on device"), 400, "[Errno 28] No space left on device"),
        (KeyError("notifier"), 500, "the sandbox failed: KeyError; see its sandbox.log"),
        (
            ZeroDivisionError("a secret"),
            500,
            "the sandbox failed: ZeroDivisionError; see its sandbox.log",
        ),
    ],
)
def test_an_error_is_one_sentence(gate: Gate, error: Exception, status: int, sentence: str) -> None:
    control = Control()

    async def apply(_: Mapping[str, Any]) -> Mapping[str, Any]:
        raise error

    control.on("apply", apply)

    async def steps(ask: Ask, _: ControlReport) -> None:
        assert await ask("apply", {}) == (status, {"error": sentence})

    tried(control, gate, steps)


def test_an_unknown_verb_and_a_body_that_is_no_object_are_refused(gate: Gate) -> None:
    control = Control()
    control.on("apply", lambda body: body)

    async def steps(ask: Ask, _: ControlReport) -> None:
        assert (await ask("aply", {}))[1] == {
            "error": "the running sandbox takes apply, not 'aply'"
        }
        bodies: tuple[object, ...] = ([], "apply", None)
        for body in bodies:
            status, found = await ask("apply", body)
            assert (status, "JSON object" in found["error"]) == (400, True)
        assert await ask("apply", {"a": 1}) == (200, {"a": 1})

    tried(control, gate, steps)


def test_one_verb_ends_before_the_next_begins(gate: Gate) -> None:
    control, steps_taken = Control(), list[str]()

    async def slow(body: Mapping[str, Any]) -> Mapping[str, Any]:
        steps_taken.append(f"{body['name']} begins")
        await asyncio.sleep(0)
        steps_taken.append(f"{body['name']} ends")
        return {}

    control.on("apply", slow)

    async def steps(ask: Ask, _: ControlReport) -> None:
        await asyncio.gather(ask("apply", {"name": "one"}), ask("apply", {"name": "two"}))

    tried(control, gate, steps)
    first, second = steps_taken[0].split()[0], steps_taken[2].split()[0]
    assert steps_taken == [f"{first} begins", f"{first} ends", f"{second} begins", f"{second} ends"]


def test_no_representation_holds_the_key(gate: Gate) -> None:
    async def steps(_: Ask, report: ControlReport) -> None:
        assert report.key not in repr(report)

    tried(Control(), gate, steps)
