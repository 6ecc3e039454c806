"""Lists and their pages."""

import pytest

from tests.sandbox.keyvault.harness import API, OFFICER, SECRET, STRANGER, RunningVault


def test_pages_hold_25_and_together_everything_once(running: RunningVault) -> None:
    client = running.client(OFFICER)
    names = sorted([f"secret-{number:03}" for number in range(27)] + [SECRET])
    for each in names[:-1]:
        client.set_secret(each, "1")
    pages = [list(page) for page in client.list_properties_of_secrets().by_page()]
    assert [len(page) for page in pages] == [25, 3]
    assert [each.name for page in pages for each in page] == names


def test_pages_are_as_short_as_the_caller_says(running: RunningVault) -> None:
    client = running.client(OFFICER)
    for each in "abc":
        client.set_secret(each, "1")
    pages = client.list_properties_of_secrets(max_page_size=2).by_page()
    assert [[each.name for each in page] for page in pages] == [["a", "b"], ["c", SECRET]]


def test_versions_and_deleted_secrets_come_in_pages_too(running: RunningVault) -> None:
    client = running.client(OFFICER)
    made = [client.set_secret("one", str(number)).properties.version for number in range(3)]
    versions = client.list_properties_of_secret_versions("one", max_page_size=1)
    assert [each.version for each in versions] == made
    for each in "abc":
        client.set_secret(each, "1")
        client.begin_delete_secret(each)
    deleted = client.list_deleted_secrets(max_page_size=1)
    assert [each.name for each in deleted] == ["a", "b", "c"]


def test_a_secret_that_does_not_exist_has_no_versions_which_is_no_error(
    running: RunningVault,
) -> None:
    client = running.client(OFFICER)
    assert list(client.list_properties_of_secret_versions("none")) == []
    reply = running.send("GET", f"/secrets/none/versions?{API}", running.token(OFFICER))
    assert (reply.status, reply.json) == (200, {"value": [], "nextLink": None})
    denied = running.send("GET", f"/secrets/none/versions?{API}", running.token(STRANGER))
    assert (denied.status, denied.error["innererror"]["code"]) == (403, "ForbiddenByRbac")


def test_a_list_names_no_version_and_holds_no_value(running: RunningVault) -> None:
    running.client(OFFICER).set_secret("one", "the value", content_type="text/plain")
    reply = running.send("GET", f"/secrets?{API}", running.token(OFFICER))
    [one, _] = reply.json["value"]
    assert one["id"] == f"https://{running.vault.host}/secrets/one"
    assert one["contentType"] == "text/plain"
    assert reply.json["nextLink"] is None
    assert b"the value" not in reply.content


def test_the_next_link_is_azures_with_the_port_in_it(running: RunningVault) -> None:
    running.client(OFFICER).set_secret("one", "1")
    reply = running.send("GET", f"/secrets?{API}&maxresults=1", running.token(OFFICER))
    link = reply.json["nextLink"]
    assert link.startswith(f"https://{running.vault.host}:443/secrets?{API}&$skiptoken=")
    assert link.endswith("&maxresults=1")


def test_a_page_goes_on_though_the_secret_before_it_was_deleted(running: RunningVault) -> None:
    client = running.client(OFFICER)
    for each in "ab":
        client.set_secret(each, "1")
    pages = client.list_properties_of_secrets(max_page_size=1).by_page()
    assert [each.name for each in next(pages)] == ["a"]
    client.begin_delete_secret("a")
    assert [each.name for each in next(pages)] == ["b"]


@pytest.mark.parametrize("odd", ["0", "26", "-1", "1e1", "", "٣", "1&maxresults=2", "100"])
def test_odd_page_lengths_are_refused(running: RunningVault, odd: str) -> None:
    target = f"/secrets?{API}&maxresults={odd}".encode().decode("ascii", "backslashreplace")
    reply = running.send("GET", target, running.token(OFFICER))
    assert (reply.status, reply.error["code"]) == (400, "BadParameter")


@pytest.mark.parametrize("odd", ["a", "%FF", "!!", "_____w", "Li4v", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA"])
def test_a_forged_cursor_leads_nowhere(running: RunningVault, odd: str) -> None:
    running.client(OFFICER).set_secret("one", "1")
    target = f"/secrets/one/versions?{API}&$skiptoken={odd}"
    reply = running.send("GET", target, running.token(OFFICER))
    assert (reply.status, reply.error["code"]) == (400, "BadParameter")


def test_a_cursor_of_one_secret_shows_no_other(running: RunningVault) -> None:
    client = running.client(OFFICER)
    for number in range(2):
        client.set_secret("one", str(number))
        client.set_secret("two", str(number))
    token = running.token(OFFICER)
    first = running.send("GET", f"/secrets/one/versions?{API}&maxresults=1", token)
    cursor = first.json["nextLink"].partition("$skiptoken=")[2]
    reply = running.send("GET", f"/secrets/two/versions?{API}&$skiptoken={cursor}", token)
    assert {each["id"].split("/")[4] for each in reply.json["value"]} == {"two"}
