"""Every refusal of the sandbox can be pasted: the doctor knows them all, old and new."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any, get_type_hints

import pytest

from local.doctor.error_texts import explain
from sandbox.entra import Caller, Reason, TokenRefused
from sandbox.entra.errors import OAuthError
from sandbox.keyvault.authenticate import _message
from sandbox.rbac import Requirement
from sandbox.refusal import Refusal
from sandbox.servicebus.administration import changes
from sandbox.servicebus.administration.rule_description import no_action
from sandbox.servicebus.errors import Condition, Status
from sandbox.servicebus.not_offered import NotOffered
from sandbox.state import PROJECT
from sandbox.storage.errors import _CODES
from sandbox.telemetry.errors import ItemRefused

# A value of each type that the functions take which make a refusal.
VALUES: dict[Any, Any] = {
    str: "any",
    int: 7,
    bool: True,
    float: 7.0,
    NotOffered: NotOffered("forwardTo", "the queue 'any'", "it does not forward messages"),
    Requirement: Requirement.of("/any", "Any/action"),
    Caller: Caller("0b7e", "04b0", "gateway", "https://sts.windows.net/7e4a/", 0.0, "id"),
}
# For parameters whose form the text depends on.
BY_NAME = {"claim": "Listen", "resource": "sb://ns.servicebus.windows.net/q"}
# The text of the first comes from its caller, those of the others are not about any right.
TOLD_ELSEWHERE = {
    "keyvault.errors.unauthorized",
    "keyvault.errors.failed",
    "arm.errors.failed",
    "telemetry.errors.plain",
}
MODULES = (
    "arm.errors",
    "entra.errors",
    "entra.federation_errors",
    "keyvault.errors",
    "servicebus.errors",
    "servicebus.limit_errors",
    "servicebus.session_errors",
)
MADE_BY_HAND = (
    "edge.beyond",
    "edge.connect",
    "edge.proxy",
    "edge.host_header",
    "identity.endpoint",
)


def said(refusal: Any, module: str) -> str:
    """The text that a client is shown."""
    match refusal:
        case OAuthError():
            return refusal.reason
        case ItemRefused():
            return str(refusal)
        case Refusal() if module == "arm.errors":
            return f"({refusal.code}) {refusal.message}\nCode: {refusal.code}"
        case Refusal() if module == "telemetry.errors":
            return refusal.message
        case Refusal():
            return f"({refusal.code}) {refusal.message}"
        case Condition() | Status():
            return str(refusal.description)
    raise AssertionError(f"{refusal!r} is of no kind that is known here")


KINDS = (OAuthError, ItemRefused, Refusal, Condition, Status)


def refusals() -> Iterator[Any]:
    """One of each function that makes a refusal; one for each reason that a token is refused."""
    for name in (*MODULES, "telemetry.errors"):
        module = import_module(f"sandbox.{name}")
        for makes, function in inspect.getmembers(module, inspect.isfunction):
            hints = get_type_hints(function)
            made = hints.pop("return", None)
            if function.__module__ != module.__name__ or made not in KINDS:
                continue
            if makes.startswith("_") or f"{name}.{makes}" in TOLD_ELSEWHERE:
                continue
            for reason in Reason if TokenRefused in hints.values() else [None]:
                values = VALUES | {TokenRefused: TokenRefused(reason or Reason.CLAIM, "any")}
                arguments = {each: BY_NAME.get(each, values[hint]) for each, hint in hints.items()}
                text = said(function(**arguments), name)
                yield pytest.param(text, id=f"{name}.{makes}-{reason or ''}")


def written() -> Iterator[Any]:
    """The sentences that stand in the code beside a status."""
    for name in MADE_BY_HAND:
        module = import_module(f"sandbox.{name}")
        source = PROJECT / "sandbox" / f"{name.replace('.', '/')}.py"
        for node in ast.walk(ast.parse(source.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="ConnectError" | "_refusal"), args=[_, text]):
                    pass
                case ast.Return(value=ast.Tuple(elts=[ast.Constant(value=int()), text])):
                    pass
                case _:
                    continue
            yield pytest.param(in_words(text, module), id=f"{name}-{node.lineno}")


def in_words(text: ast.expr, module: Any) -> str:
    match text:
        case ast.Constant():
            return str(text.value)
        case ast.Name():
            return str(getattr(module, text.id))
        case ast.JoinedStr():
            return "".join(in_words(each, module) for each in text.values)
        case ast.FormattedValue():
            return "any"
    raise AssertionError(f"{ast.dump(text)} is no text")


REFUSALS, WRITTEN = list(refusals()), list(written())


def test_the_refusals_were_found() -> None:
    assert len(REFUSALS) > 60
    assert len(WRITTEN) > 15


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_of_a_plane_is_read(text: str) -> None:
    found = explain(text)
    assert found is not None, text
    assert found.do


@pytest.mark.parametrize("name", changes._NOT_OFFERED)
def test_a_setting_that_no_client_can_create_is_read(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        changes._check_offered({name: "any"}, {})
    for each in (refused.value, no_action(), changes.not_stored(OSError(28, "disk full"))):
        assert explain(each.message) is not None


@pytest.mark.parametrize("reason", Reason)
def test_a_token_that_the_vault_refuses_is_read(reason: Reason) -> None:
    text = _message(TokenRefused(reason, "https://any/"), "7e4a", "eyJh.b.c")
    assert explain(f"(Unauthorized) {text}") is not None


@pytest.mark.parametrize("text", WRITTEN)
def test_a_refusal_of_a_listener_is_read(text: str) -> None:
    assert explain(text) is not None, text


@pytest.mark.parametrize("code", _CODES)
def test_a_code_of_storage_is_read(code: str) -> None:
    _, message = _CODES[code]
    found = explain(f"{message}\nRequestId:a\nTime:b\nErrorCode:{code}")
    assert found is not None
    assert found.source == "Blob Storage"
