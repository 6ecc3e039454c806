import asyncio
import base64
import errno
import json
import os
import stat
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from standardwebhooks import Webhook

from sandbox.partner import Fault
from sandbox.partner.journal import Journal
from sandbox.partner.receiver import Partner
from sandbox.state import State

URL = "https://partner.example.com/webhooks"
KEY, OTHER = (f"whsec_{base64.b64encode(each * 32).decode()}" for each in (b"k", b"o"))
EVENT = json.dumps({"type": "photo.processed", "subject": "p1", "data": {}})


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path / "state")


@pytest.fixture
def partner(state: State) -> Partner:
    partner = Partner(state, URL)
    partner.accept(KEY)
    return partner


def signed(
    body: str = EVENT, key: str = KEY, number: str = "msg-1", age: timedelta = timedelta()
) -> dict[str, str]:
    when = datetime.now(UTC) - age
    return {
        "webhook-id": number,
        "webhook-timestamp": str(int(when.timestamp())),
        "webhook-signature": Webhook(key).sign(number, when, body),
    }


Post = Callable[..., Awaitable[int]]


def calling(partner: Partner, scenario: Callable[[Post], Awaitable[None]]) -> None:
    """Run the partner while `scenario` calls it."""

    async def run() -> None:
        async with TestClient(TestServer(partner.application())) as client:

            async def post(
                headers: Mapping[str, str], body: str | bytes = EVENT, path: str = "/webhooks"
            ) -> int:
                async with client.post(path, data=body, headers=headers) as answer:
                    return answer.status

            await scenario(post)

    asyncio.run(run())


def answers(partner: Partner, *headers: Mapping[str, str], body: str | bytes = EVENT) -> list[int]:
    """Return the partner's answers to calls with these headers."""
    statuses: list[int] = []

    async def scenario(post: Post) -> None:
        statuses.extend([await post(each, body) for each in headers])

    calling(partner, scenario)
    return statuses


def test_a_signed_webhook_is_taken_and_remembered(partner: Partner) -> None:
    assert answers(partner, signed()) == [204]
    [delivery] = partner.deliveries()
    assert delivery.verified
    assert (delivery.id, delivery.type, delivery.photo) == ("msg-1", "photo.processed", "p1")
    assert (delivery.repeated, delivery.body) == (0, EVENT)


def test_what_a_full_disk_does_not_take_is_refused_until_there_is_room(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(post: Post) -> None:
        with monkeypatch.context() as full:
            full.setattr(Journal, "write", refuse)
            assert await post(signed()) == 503
        assert partner.deliveries() == []
        assert await post(signed()) == 204

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    calling(partner, scenario)
    assert [each.repeated for each in partner.deliveries()] == [0]


def test_repetitions_are_counted_across_restarts(partner: Partner) -> None:
    assert answers(partner, signed(), signed(number="msg-2"), signed()) == [204, 204, 204]
    assert answers(partner, signed()) == [204]
    remembered = [(each.id, each.repeated, bool(each.body)) for each in partner.deliveries()]
    assert remembered == [
        ("msg-1", 0, True),
        ("msg-2", 0, True),
        ("msg-1", 1, False),
        ("msg-1", 2, False),
    ]


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in signed().items() if key != name}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(signed(key=OTHER), id="another key"),
        pytest.param(signed(body=EVENT + " "), id="another body"),
        pytest.param(signed() | {"webhook-id": "msg-2"}, id="another id"),
        pytest.param(signed(age=timedelta(minutes=6)), id="stale"),
        # Far ahead: these are signed when the tests are collected, minutes before they run.
        pytest.param(signed(age=timedelta(hours=-6)), id="from the future"),
        pytest.param(signed() | {"webhook-timestamp": "soon"}, id="no timestamp at all"),
        pytest.param(signed() | {"webhook-signature": "v1"}, id="no comma"),
        pytest.param(signed() | {"webhook-signature": "v1,?"}, id="no base64"),
        pytest.param(signed() | {"webhook-signature": "v2,AAAA"}, id="another version"),
        pytest.param(without("webhook-id"), id="no id"),
        pytest.param(without("webhook-timestamp"), id="no timestamp"),
        pytest.param(without("webhook-signature"), id="no signature"),
        pytest.param({}, id="nothing"),
    ],
)
def test_what_is_not_signed_well_is_refused_and_not_believed(
    partner: Partner, headers: Mapping[str, str]
) -> None:
    assert answers(partner, headers, signed()) == [401, 204]
    refused, taken = partner.deliveries()
    assert (refused.type, refused.photo, refused.body) == ("", "", "")
    assert refused.reason
    assert taken.repeated == 0


@pytest.mark.parametrize("body", ["", "no json", "[]", '{"type": 3}'])
def test_a_signed_body_may_say_anything(partner: Partner, body: str) -> None:
    assert answers(partner, signed(body=body), body=body) == [204]


def test_a_body_that_is_no_text_is_refused(partner: Partner) -> None:
    assert answers(partner, signed(), body=b"\xff\xfe") == [401]


def test_nothing_is_believed_before_a_key_is_handed_over(state: State) -> None:
    fresh = Partner(state, URL)
    assert answers(fresh, signed()) == [401]
    fresh.accept(KEY)
    assert answers(fresh, signed()) == [204]


def test_a_new_key_counts_at_once_and_the_old_one_no_longer(partner: Partner) -> None:
    async def scenario(post: Post) -> None:
        assert (await post(signed()), await post(signed(key=OTHER))) == (204, 401)
        partner.accept(OTHER)
        assert (await post(signed()), await post(signed(key=OTHER))) == (401, 204)

    calling(partner, scenario)


@pytest.mark.parametrize("key", ["", "whsec_", "whsec_?"])
def test_what_is_no_key_is_not_accepted(partner: Partner, key: str) -> None:
    with pytest.raises(ValueError, match="not a signing key"):
        partner.accept(key)
    assert answers(partner, signed()) == [204]


@pytest.mark.parametrize("status", [410, 429, 503])
def test_it_can_be_told_to_refuse_the_next_calls(partner: Partner, status: int) -> None:
    partner.inject(Fault(status, times=2))
    assert answers(partner, signed(), signed(), signed()) == [status, status, 204]
    assert [each.repeated for each in partner.deliveries() if each.verified] == [0]


def test_it_can_ask_to_be_tried_again_later(partner: Partner) -> None:
    async def run() -> None:
        async with (
            TestClient(TestServer(partner.application())) as client,
            client.post("/webhooks", data=EVENT, headers=signed()) as answer,
        ):
            assert (answer.status, answer.headers["Retry-After"]) == (429, "7")

    partner.inject(Fault(429, retry_after=7))
    asyncio.run(run())


def test_it_can_be_told_to_hang(partner: Partner) -> None:
    async def scenario(post: Post) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(post(signed()), 0.2)
        assert await post(signed()) == 204

    partner.inject(Fault("hang"))
    calling(partner, scenario)


@pytest.mark.parametrize("answer", [200, 302, 600])
def test_it_cannot_be_told_to_take_what_it_has_not_verified(answer: int) -> None:
    with pytest.raises(ValueError, match="400 to 599"):
        Fault(answer)


def test_only_posts_to_its_own_path_are_answered(partner: Partner) -> None:
    async def run() -> None:
        async with TestClient(TestServer(partner.application())) as client:
            assert (await client.get("/webhooks")).status == 405
            assert (await client.post("/", data=EVENT, headers=signed())).status == 404
            big = await client.post("/webhooks", data=bytes(300_000), headers=signed())
            assert big.status == 413

    asyncio.run(run())
    assert partner.deliveries() == []


@pytest.mark.parametrize("url", ["http://partner.example.com/", "https://", "https://a:8443/"])
def test_its_address_is_https(state: State, url: str) -> None:
    assert Partner(state, URL).host == "partner.example.com"
    with pytest.raises(ValueError, match="https"):
        Partner(state, url)


def test_its_files_are_the_users_alone_and_the_key_is_in_one(
    state: State, partner: Partner
) -> None:
    partner.inject(Fault(503))
    answers(partner, signed(), signed())
    files = sorted(state.root.iterdir())
    assert [each.name for each in files][1:] == [
        "partner-mood.json",
        "partner.json",
        "partner.jsonl",
    ]
    assert {stat.S_IMODE(os.stat(each).st_mode) for each in files} == {0o600}
    assert [each.name for each in files if KEY in each.read_text()] == ["partner.json"]
