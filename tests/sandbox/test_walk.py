"""The walk: its steps in their order, and no answer without a line in the audit."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from sandbox.audit import FILE, Audit, AuditError, Gate, Outcome, Record, read
from sandbox.deployment import RoleAssignment
from sandbox.entra import Caller
from sandbox.plane import Granted, HttpPlane
from sandbox.rbac import Denied, Policy, Requirement
from sandbox.refusal import Refusal
from sandbox.walk import application, permit, walk

VAULT = "/subscriptions/1/vaults/v"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
READ = "Microsoft.KeyVault/vaults/secrets/getSecret/action"
ANN = Caller("ann-id", "app", "ann", "issuer", 0.0, "token-id")
BEN = Caller("ben-id", "app", "ben", "issuer", 0.0, "token-id")


class _Read:
    name = "Read"


class _Named:
    operation = _Read()
    requirements = (Requirement.of(VAULT, READ),)


class _Shop(HttpPlane[_Named]):
    """A plane that notes its steps, and fails in a given one."""

    service = "shop"
    unrecorded = Refusal(503, "Later", "")

    def __init__(self, caller: Caller = ANN, fails_in: str = "") -> None:
        self.caller, self.fails_in = caller, fails_in
        self.steps: list[str] = []

    def authenticate(self, request: web.Request) -> Caller:
        self._step("authenticate")
        return self.caller

    def name(self, request: web.Request) -> _Named:
        self._step("name")
        return _Named()

    def deny(self, caller: Caller, named: _Named, denied: Denied) -> Refusal:
        self._step("deny")
        return Refusal(403, "Forbidden", "")

    async def serve(self, request: web.Request, granted: Granted[_Named]) -> web.Response:
        self._step("serve")
        return web.Response(text=f"{granted.caller.name} by {granted.allowed[0].assignment.id}")

    async def render(self, request: web.Request, refusal: Refusal) -> web.Response:
        return web.Response(status=refusal.status, text=refusal.code)

    def _step(self, name: str) -> None:
        self.steps.append(name)
        if name == self.fails_in:
            raise Refusal(400, "Bad", "", f"bad in {name}")


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    audit = Audit(tmp_path / FILE)
    yield Gate(
        Policy([RoleAssignment("given", VAULT, "ann-id", SECRETS_USER, why="a test")]), audit
    )
    audit.close()


def answer(plane: _Shop, gate: Gate) -> web.Response:
    found = asyncio.run(walk(plane, gate, make_mocked_request("GET", "/")))
    assert isinstance(found, web.Response)
    return found


def records(folder: Path) -> list[Record]:
    return list(read(folder / FILE))


def test_an_allowed_request_is_recorded_and_then_served(gate: Gate, tmp_path: Path) -> None:
    shop = _Shop()
    assert answer(shop, gate).text == "ann by given"
    assert shop.steps == ["authenticate", "name", "serve"]
    [allowed] = records(tmp_path)
    assert (allowed.outcome, allowed.service, allowed.operation) == (
        Outcome.ALLOWED,
        "shop",
        "Read",
    )


def test_a_denied_request_is_recorded_and_not_served(gate: Gate, tmp_path: Path) -> None:
    shop = _Shop(BEN)
    assert answer(shop, gate).status == 403
    assert shop.steps == ["authenticate", "name", "deny"]
    [denied] = records(tmp_path)
    assert (denied.outcome, denied.identity, denied.action) == (Outcome.DENIED, "ben", READ)


@pytest.mark.parametrize(("step", "identity"), [("authenticate", ""), ("name", "ann")])
def test_a_request_that_fails_before_the_decision_is_recorded_by_its_step(
    gate: Gate, tmp_path: Path, step: str, identity: str
) -> None:
    shop = _Shop(fails_in=step)
    assert answer(shop, gate).status == 400
    assert shop.steps[-1] == step
    [refused] = records(tmp_path)
    assert (refused.outcome, refused.operation) == (Outcome.REFUSED, step.title())
    assert (refused.identity, refused.reason) == (identity, f"bad in {step}")


def test_a_request_that_fails_while_it_is_served_was_allowed(gate: Gate, tmp_path: Path) -> None:
    assert answer(_Shop(fails_in="serve"), gate).status == 400
    assert [each.outcome for each in records(tmp_path)] == [Outcome.ALLOWED]


@pytest.mark.parametrize(
    "shop", [_Shop(), _Shop(BEN), _Shop(fails_in="authenticate"), _Shop(fails_in="name")]
)
def test_what_cannot_be_recorded_is_not_served(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, shop: _Shop
) -> None:
    def full(*_: object) -> None:
        raise AuditError(28, "No space left on device")

    monkeypatch.setattr(Audit, "write", full)
    assert answer(shop, gate).text == "Later"
    assert "serve" not in shop.steps
    assert "shop: a request cannot be recorded" in caplog.text


def test_a_request_without_a_http_answer_is_permitted_by_the_same_steps(gate: Gate) -> None:
    shop = _Shop()
    granted = permit(shop, gate, make_mocked_request("GET", "/"))
    assert (granted.caller, shop.steps) == (ANN, ["authenticate", "name"])
    with pytest.raises(Refusal, match="403 Forbidden"):
        permit(_Shop(BEN), gate, make_mocked_request("GET", "/"))


def test_a_request_without_a_route_takes_the_walk_too(gate: Gate) -> None:
    shop = _Shop()
    [middleware] = application(shop, gate).middlewares
    for target in ("*", "/a\nb", "/any"):
        shop.steps.clear()
        asyncio.run(middleware(make_mocked_request("OPTIONS", target), _never))  # type: ignore[arg-type]
        assert shop.steps == ["authenticate", "name", "serve"]


async def _never(_: web.Request) -> web.Response:
    raise AssertionError("the walk asks for no other answer")


def test_a_refusal_is_recorded_by_its_status_and_code_unless_it_has_a_reason() -> None:
    assert Refusal(404, "NotFound", "The secret x").reason == "404 NotFound"
    assert Refusal(404, "NotFound", "The secret x", "no such secret").reason == "no such secret"
    assert str(Refusal(404, "NotFound", "The secret x")) == "404 NotFound"
