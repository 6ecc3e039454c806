"""Which operation a request target is: the secret decided on is the secret looked up."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.deployment import Deployment, Vault
from sandbox.keyvault.name import LIST, LIST_DELETED, RESTORE, Named, is_host_of, name
from sandbox.keyvault.request import Page, cursor
from sandbox.refusal import Refusal
from tests.sandbox.keyvault.harness import API

VERSION = "0123456789abcdef" * 2
WORDS = ("secrets", "deletedsecrets", "SECRETS", "restore", "recover", "versions", "backup")
LEGAL = ("webhook-signing-key", "One", VERSION, VERSION.upper(), "%73ecrets", "VERSION")
ODD = (
    "..",
    ".",
    "",
    "%2F",
    "%2e%2e",
    "a%00",
    "%25",
    "{name}",
    "\\",
    "*",
    "a;b",
    "%C0%AF",
    "x" * 128,
)
PIECES = st.sampled_from((*WORDS, *LEGAL, *ODD))


@pytest.fixture(scope="session")
def vault(deployment: Deployment) -> Vault:
    return deployment.vault


def test_each_operation_has_its_action_and_its_scope(vault: Vault) -> None:
    expected = {
        ("PUT", "/secrets/a"): ("SecretSet", "setSecret/action", "/secrets/a"),
        ("GET", "/secrets/a"): ("SecretGet", "getSecret/action", "/secrets/a"),
        ("GET", f"/secrets/a/{VERSION}"): ("SecretGet", "getSecret/action", "/secrets/a"),
        ("PATCH", "/secrets/a/"): ("SecretUpdate", "update/action", "/secrets/a"),
        ("DELETE", "/secrets/a"): ("SecretDelete", "delete", "/secrets/a"),
        ("GET", "/secrets"): ("SecretList", "readMetadata/action", ""),
        ("GET", "/secrets/a/versions"): ("SecretListVersions", "readMetadata/action", "/secrets/a"),
        ("GET", "/deletedsecrets"): ("SecretListDeleted", "readMetadata/action", ""),
        ("GET", "/deletedsecrets/a"): ("SecretGetDeleted", "readMetadata/action", "/secrets/a"),
        ("POST", "/deletedsecrets/a/recover"): ("SecretRecover", "recover/action", "/secrets/a"),
        ("DELETE", "/deletedsecrets/a"): ("SecretPurge", "purge/action", "/secrets/a"),
        ("POST", "/secrets/a/backup"): ("SecretBackup", "backup/action", "/secrets/a"),
        ("POST", "/secrets/restore"): ("SecretRestore", "restore/action", ""),
    }
    for (method, path), (operation, right, scope) in expected.items():
        named = name(vault, method, f"{path}?{API}")
        assert named.operation.name == operation
        assert named.operation.action == f"Microsoft.KeyVault/vaults/secrets/{right}"
        assert named.scope == vault.id + scope


def test_a_version_is_read_in_either_case(vault: Vault) -> None:
    named = name(vault, "GET", f"/Secrets/a/{VERSION.upper()}?{API}")
    assert (named.secret, named.version) == ("a", VERSION)


def test_a_page_is_read_from_the_query(vault: Vault) -> None:
    token = cursor("one")
    named = name(vault, "GET", f"/secrets?{API}&maxresults=5&%24skiptoken={token}")
    assert named.page == Page(5, "one", "7.6")


def test_a_host_is_the_vaults_with_or_without_its_port(vault: Vault) -> None:
    assert is_host_of(vault, vault.host)
    assert is_host_of(vault, f"{vault.host.upper()}:443")
    assert not is_host_of(vault, f"{vault.host}:444")
    assert not is_host_of(vault, f"{vault.host}.")
    assert not is_host_of(vault, f"a.{vault.host}")


@given(
    method=st.sampled_from(["GET", "PUT", "POST", "PATCH", "DELETE"]),
    pieces=st.lists(PIECES, min_size=1, max_size=5),
    slash=st.sampled_from(["", "/"]),
)
def test_an_understood_target_is_one_name_at_one_scope(
    vault: Vault, method: str, pieces: list[str], slash: str
) -> None:
    target = f"/{'/'.join(pieces)}{slash}?{API}"
    named = understood(vault, method, target)
    if named is None:
        return
    if named.secret:
        assert named.secret == unquote(pieces[1])
        assert named.scope == f"{vault.id}/secrets/{named.secret}"
        assert re.fullmatch("[0-9a-zA-Z-]{1,127}", named.secret)
    else:
        assert named.scope == vault.id
        assert named.operation in {LIST, LIST_DELETED, RESTORE}
    assert len([each for each in pieces if each]) <= 3


@given(target=st.text(max_size=60), method=st.text(max_size=8))
def test_nothing_breaks_the_naming(vault: Vault, method: str, target: str) -> None:
    understood(vault, method, target)
    understood(vault, "GET", f"/secrets/{target}?{API}")
    understood(vault, "GET", f"/secrets?{API}&{target}")


def understood(vault: Vault, method: str, target: str) -> Named | None:
    try:
        return name(vault, method, target)
    except Refusal:
        return None
