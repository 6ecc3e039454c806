"""The vault's denials for the developer, with a right to get one secret."""

import uuid

from tests.access.actor import Actor
from tests.access.behaviours.vault.asked import KEY, ask, assert_denied


def another_secret_is_denied_by_its_name_in_lower_case(actor: Actor) -> None:
    name = f"Another-{uuid.uuid4().hex}"
    answer = ask(actor, "GET", f"/secrets/{name}")
    assert_denied(actor, answer, "getSecret/action", f"/secrets/{name.lower()}")
    assert ask(actor, "GET", KEY).status_code == 200


def a_denied_version_is_denied_by_its_secret(actor: Actor) -> None:
    name = f"another-{uuid.uuid4().hex}"
    answer = ask(actor, "GET", f"/secrets/{name}/{'0' * 32}")
    assert_denied(actor, answer, "getSecret/action", f"/secrets/{name}")
    assert ask(actor, "GET", f"/secrets/{name}/versions").status_code == 403


def the_list_of_secrets_is_denied_by_the_vault(actor: Actor) -> None:
    assert_denied(actor, ask(actor, "GET", "/secrets"), "readMetadata/action")
    assert_denied(actor, ask(actor, "GET", "/deletedsecrets"), "readMetadata/action")
    assert ask(actor, "GET", f"{KEY}/versions").status_code == 200


def whoever_may_get_a_secret_may_not_change_it(actor: Actor) -> None:
    denied = (
        ("PUT", KEY, b'{"value": "of the developer"}', "setSecret/action"),
        ("PATCH", KEY, b'{"tags": {"a": "b"}}', "update/action"),
        ("DELETE", KEY, None, "delete"),
        ("POST", f"{KEY}/backup", None, "backup/action"),
    )
    for method, path, body, right in denied:
        assert_denied(actor, ask(actor, method, path, body), right, KEY)
    assert ask(actor, "GET", KEY).status_code == 200


def whoever_may_get_a_secret_may_not_bring_it_back_or_purge_it(actor: Actor) -> None:
    deleted = KEY.replace("secrets", "deletedsecrets")
    recovering = ask(actor, "POST", f"{deleted}/recover")
    assert_denied(actor, recovering, "recover/action", KEY)
    assert_denied(actor, ask(actor, "DELETE", deleted), "purge/action", KEY)


def a_denied_set_with_a_broken_body_is_denied_first(actor: Actor) -> None:
    assert_denied(actor, ask(actor, "PUT", KEY, b"{"), "setSecret/action", KEY)


BEHAVIOURS = (
    another_secret_is_denied_by_its_name_in_lower_case,
    a_denied_version_is_denied_by_its_secret,
    the_list_of_secrets_is_denied_by_the_vault,
    whoever_may_get_a_secret_may_not_change_it,
    whoever_may_get_a_secret_may_not_bring_it_back_or_purge_it,
    a_denied_set_with_a_broken_body_is_denied_first,
)
