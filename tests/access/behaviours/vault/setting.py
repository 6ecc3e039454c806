"""The operator sets the key, whose versions they may see and not read.

On Azure, too, each that sets makes a new version, which is the key from then on. None is deleted.
"""

import json
import uuid
from typing import Any

from tests.access.actor import Actor
from tests.access.behaviours.vault.asked import KEY, ask, assert_denied
from tests.access.behaviours.vault.shown import assert_described, version_of, versions

# https://learn.microsoft.com/azure/key-vault/secrets/about-secrets: at most 25 KB
_TOO_LONG = 25 * 1024 + 1


def what_is_set_comes_back_with_what_is_said_of_it(actor: Actor) -> None:
    value = uuid.uuid4().hex
    made = _set(actor, value, contentType="text/plain", tags={"a": "b"})
    assert (made["value"], made["contentType"], made["tags"]) == (value, "text/plain", {"a": "b"})
    assert made["attributes"]["enabled"] is True
    assert_described(actor, made)


def each_set_makes_another_version_and_the_old_ones_stay(actor: Actor) -> None:
    before = {each["id"] for each in versions(actor)}
    first, second = _set(actor, "first"), _set(actor, "second")
    after = {each["id"]: each for each in versions(actor)}
    assert set(after) == before | {first["id"], second["id"]}
    assert len(after) == len(before) + 2
    assert after[first["id"]]["attributes"]["enabled"] is True


def what_is_said_of_a_version_is_the_versions_own(actor: Actor) -> None:
    tagged, plain = _set(actor, "tagged", tags={"a": "b"}), _set(actor, "plain")
    listed = {each["id"]: each for each in versions(actor)}
    assert listed[tagged["id"]]["tags"] == {"a": "b"}
    assert not listed[plain["id"]].get("tags")


def setting_a_disabled_secret_leaves_the_disabled_version_disabled(actor: Actor) -> None:
    """The deployment made the first one so."""
    disabled = _disabled(actor)
    assert disabled
    _set(actor, "enabled")
    assert _disabled(actor) == disabled


def whoever_sets_the_key_cannot_get_it_back(actor: Actor) -> None:
    made = _set(actor, "not to be read")
    for path in (KEY, f"{KEY}/{version_of(made)}"):
        assert_denied(actor, ask(actor, "GET", path), "getSecret/action", KEY)


def whoever_sets_the_key_can_neither_change_nor_delete_a_version(actor: Actor) -> None:
    made = _set(actor, "stays")
    denied = (
        (
            "PATCH",
            f"{KEY}/{version_of(made)}",
            b'{"attributes": {"enabled": false}}',
            "update/action",
        ),
        ("DELETE", KEY, None, "delete"),
        ("POST", f"{KEY}/backup", None, "backup/action"),
    )
    for method, path, body, right in denied:
        assert_denied(actor, ask(actor, method, path, body), right, KEY)
    assert made["id"] in {each["id"] for each in versions(actor)}


def another_secret_is_not_theirs_to_set(actor: Actor) -> None:
    name = f"/secrets/another-{uuid.uuid4().hex}"
    answer = ask(actor, "PUT", name, b'{"value": "x"}')
    assert_denied(actor, answer, "setSecret/action", name)


def a_body_that_says_no_value_is_400_to_who_may_set(actor: Actor) -> None:
    before = len(versions(actor))
    for body in (b"{", b"[]", b"{}", json.dumps({"value": "x" * _TOO_LONG}).encode()):
        answer = ask(actor, "PUT", KEY, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadParameter")
    assert len(versions(actor)) == before


BEHAVIOURS = (
    what_is_set_comes_back_with_what_is_said_of_it,
    each_set_makes_another_version_and_the_old_ones_stay,
    what_is_said_of_a_version_is_the_versions_own,
    setting_a_disabled_secret_leaves_the_disabled_version_disabled,
    whoever_sets_the_key_cannot_get_it_back,
    whoever_sets_the_key_can_neither_change_nor_delete_a_version,
    another_secret_is_not_theirs_to_set,
    a_body_that_says_no_value_is_400_to_who_may_set,
)


def _set(actor: Actor, value: str, **attributes: Any) -> dict[str, Any]:
    answer = ask(actor, "PUT", KEY, json.dumps({"value": value, **attributes}).encode())
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _disabled(actor: Actor) -> set[str]:
    return {each["id"] for each in versions(actor) if not each["attributes"]["enabled"]}
