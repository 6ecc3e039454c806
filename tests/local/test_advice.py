"""What to do about a missing right, or about workers that are in the way."""

from local.advice import on_rights, on_workers
from local.probes import Missing
from local.rights import Right
from local.sign_in import SignedIn

ME = SignedIn("me@example.com", "0a1b", "7e4a")
RIGHT = Right("Key Vault Secrets User", "/subscriptions/s/secrets/key", (), ("notifier",))


def test_who_is_not_the_developer_is_made_the_developer() -> None:
    said = on_rights([Missing(RIGHT, refused=True, why="")], ME, "somebody-else")
    assert said[-1] == "azd env set DEVELOPER_PRINCIPAL_ID 0a1b && azd provision"
    assert "deployed for somebody-else, and you are 0a1b" in said[0]


def test_the_developer_is_told_to_wait_and_how_to_grant_it() -> None:
    said = on_rights([Missing(RIGHT, refused=True, why="")], ME, "0A1B")
    assert "a role just granted takes minutes to arrive" in said[0]
    assert "azd provision --no-state" in said[0]  # else azd deploys no template that it knows
    assert '--role "Key Vault Secrets User" --scope /subscriptions/s/secrets/key' in said[1]


def test_what_was_not_refused_is_not_granted() -> None:
    assert on_rights([Missing(RIGHT, refused=False, why="no route")], ME, "0a1b") == []


def test_workers_are_counted_and_named() -> None:
    said = on_workers({"thumbnailer": 0, "catalog": 1})
    assert "thumbnailer (scaled to zero, until a message comes), catalog (1 running)" in said
    assert "azd env set DEPLOY_APPS false" in said
    assert on_workers({}) == ""
