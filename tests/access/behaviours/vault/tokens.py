"""The vault's answers to anything but a token of its own."""

import requests

from tests.access.actor import Actor
from tests.access.behaviours.vault.asked import KEY, ask, ask_with
from tests.access.tokens import (
    SOMEBODY_ELSE,
    STORAGE,
    VAULT,
    claims_of,
    token_of,
    with_claims,
    with_header,
    with_wrong_signature,
)

_WRONG = f"AKV10022: Invalid audience. Expected {VAULT}"


def who_has_no_token_is_told_to_get_one(actor: Actor) -> None:
    answer = ask_with("", actor, "GET", KEY)
    message = "AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token."
    assert answer.json() == {"error": {"code": "Unauthorized", "message": message}}
    _assert_challenged(actor, answer)


def who_has_no_token_is_told_so_before_anything_is_looked_at(actor: Actor) -> None:
    for method, path in (("PUT", f"{KEY}?api-version=odd"), ("DELETE", "/secrets/not_a_name")):
        answer = ask_with("", actor, method, path, b"{")
        assert answer.json()["error"]["message"].startswith("AKV10000")
        _assert_challenged(actor, answer)


def storages_token_is_none_for_the_vault(actor: Actor) -> None:
    answer = ask_with(token_of(actor, STORAGE), actor, "GET", KEY)
    _assert_unauthorized(actor, answer)
    message = answer.json()["error"]["message"]
    assert message.startswith(_WRONG)
    assert message.endswith(f"found: {STORAGE}.")


def a_slash_behind_the_audience_makes_it_another(actor: Actor) -> None:
    answer = ask_with(token_of(actor, f"{VAULT}/"), actor, "GET", KEY)
    _assert_unauthorized(actor, answer)
    assert answer.json()["error"]["message"].startswith(_WRONG)


def garbage_is_no_token(actor: Actor) -> None:
    for garbage in ("garbage", "a.b.c", f"{token_of(actor, VAULT)}.AAAA"):
        _assert_unauthorized(actor, ask_with(garbage, actor, "GET", KEY))


def a_token_that_claims_somebody_else_is_none(actor: Actor) -> None:
    forged = with_claims(token_of(actor, VAULT), oid=SOMEBODY_ELSE)
    _assert_unauthorized(actor, ask_with(forged, actor, "GET", KEY))


def a_token_with_another_signature_is_none(actor: Actor) -> None:
    forged = with_wrong_signature(token_of(actor, VAULT))
    _assert_unauthorized(actor, ask_with(forged, actor, "GET", KEY))


def a_token_of_a_key_that_nobody_published_is_none(actor: Actor) -> None:
    nobodys = {"typ": "JWT", "alg": "RS256", "x5t": "nobodys", "kid": "nobodys"}
    forged = with_header(token_of(actor, VAULT), **nobodys)
    answer = ask_with(forged, actor, "GET", KEY)
    _assert_unauthorized(actor, answer)
    assert answer.json()["error"]["message"].startswith("AKV10046: Unable to resolve the key")


BEHAVIOURS = (
    who_has_no_token_is_told_to_get_one,
    who_has_no_token_is_told_so_before_anything_is_looked_at,
    storages_token_is_none_for_the_vault,
    a_slash_behind_the_audience_makes_it_another,
    garbage_is_no_token,
    a_token_that_claims_somebody_else_is_none,
    a_token_with_another_signature_is_none,
    a_token_of_a_key_that_nobody_published_is_none,
)


def _assert_unauthorized(actor: Actor, answer: requests.Response) -> None:
    """Refused for its token alone: with the actor's own, the same is no 401."""
    assert answer.json()["error"]["code"] == "Unauthorized"
    _assert_challenged(actor, answer)
    assert ask(actor, "GET", f"{KEY}/versions").status_code == 200


def _assert_challenged(actor: Actor, answer: requests.Response) -> None:
    assert answer.status_code == 401
    tenant = claims_of(token_of(actor, VAULT))["tid"]
    login = f"https://login.microsoftonline.com/{tenant}"
    challenge = f'Bearer authorization="{login}", resource="{VAULT}"'
    assert answer.headers["WWW-Authenticate"] == challenge
