"""The one secret that the developer may get, as the vault shows it."""

import uuid

from tests.access.actor import Actor
from tests.access.behaviours.vault.asked import API, KEY, ask
from tests.access.behaviours.vault.shown import assert_described, pages, version_of, versions


def the_key_is_got_with_its_value_and_what_is_said_of_it(actor: Actor) -> None:
    found = ask(actor, "GET", KEY).json()
    assert found["value"]
    assert found["attributes"]["enabled"] is True
    assert_described(actor, found)


def the_same_is_got_by_its_version(actor: Actor) -> None:
    current = ask(actor, "GET", KEY).json()
    version = version_of(current)
    assert ask(actor, "GET", f"{KEY}/{version}").json() == current


def a_version_that_is_not_there_is_404(actor: Actor) -> None:
    version = uuid.uuid4().hex
    answer = ask(actor, "GET", f"{KEY}/{version}")
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["code"] == "SecretNotFound"
    named = f"{KEY.rpartition('/')[2]}/{version}"
    assert error["message"].startswith(f"A secret with (name/id) {named} was not found in this key")


def versions_are_listed_without_their_values(actor: Actor) -> None:
    found = versions(actor)
    assert found
    for each in found:
        assert "value" not in each
        assert_described(actor, each)


def a_list_comes_in_pages_of_the_length_that_is_asked_for(actor: Actor) -> None:
    """The deployment made one version, and the operator has set another."""
    found = list(pages(actor, f"{KEY}/versions?{API}&maxresults=1"))
    assert {len(each["value"]) for each in found} <= {0, 1}
    ids = [each["id"] for page in found for each in page["value"]]
    assert sorted(ids) == sorted(each["id"] for each in versions(actor))
    assert len(ids) > 1
    start = f"https://{actor.hosts.vault}:443{KEY}/versions?{API}&$skiptoken="
    assert found[0]["nextLink"].startswith(start)


def names_are_the_same_in_any_case(actor: Actor) -> None:
    folded = f"/Secrets/{KEY.rpartition('/')[2].upper()}"
    assert ask(actor, "GET", folded).json()["value"] == ask(actor, "GET", KEY).json()["value"]
    lower = [each["id"].lower() for each in versions(actor, folded)]
    assert sorted(lower) == sorted(each["id"].lower() for each in versions(actor))


def what_the_deployment_made_is_disabled_and_cannot_be_got(actor: Actor) -> None:
    disabled = [each for each in versions(actor) if not each["attributes"]["enabled"]]
    assert disabled
    answer = ask(actor, "GET", f"{KEY}/{version_of(disabled[0])}")
    assert answer.status_code == 403
    assert answer.json()["error"] == {
        "code": "Forbidden",
        "message": "Operation get is not allowed on a disabled secret.",
        "innererror": {"code": "SecretDisabled"},
    }


BEHAVIOURS = (
    the_key_is_got_with_its_value_and_what_is_said_of_it,
    the_same_is_got_by_its_version,
    a_version_that_is_not_there_is_404,
    versions_are_listed_without_their_values,
    a_list_comes_in_pages_of_the_length_that_is_asked_for,
    names_are_the_same_in_any_case,
    what_the_deployment_made_is_disabled_and_cannot_be_got,
)
