"""The file of authorities for a user's own programs."""

import os
import ssl
from pathlib import Path

import pytest

from sandbox.state import State
from sandbox.supervisor.trust import FILE, no_file_of_authorities, write_trust


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path / "state")


@pytest.fixture
def ca(state: State) -> Path:
    return state.write("ca.pem", b"the sandbox's\n")


def test_the_machines_authorities_come_with_the_sandboxs(state: State, ca: Path) -> None:
    write_trust(state, ca, {})
    content = state.path(FILE).read_text()
    assert content.count("BEGIN CERTIFICATE") > 50
    assert content.endswith("the sandbox's\n")


def test_the_users_own_file_takes_the_machines_place(
    state: State, ca: Path, tmp_path: Path
) -> None:
    (tmp_path / "company.pem").write_text("the company's")
    write_trust(state, ca, {"SSL_CERT_FILE": str(tmp_path / "company.pem")})
    assert state.path(FILE).read_text() == "the company's\nthe sandbox's\n"


def test_a_shell_in_a_shell_adds_nothing_to_itself(state: State, ca: Path) -> None:
    write_trust(state, ca, {})
    once = state.path(FILE).read_bytes()
    for named in (FILE, "ca.pem"):
        write_trust(state, ca, {"SSL_CERT_FILE": str(state.path(named))})
        assert state.path(FILE).read_bytes() == once


def test_a_file_that_is_missing_is_passed_over(state: State, ca: Path) -> None:
    write_trust(state, ca, {"SSL_CERT_FILE": "/no/such/file"})
    assert b"BEGIN CERTIFICATE" in state.path(FILE).read_bytes()


def test_a_new_authority_replaces_the_old_one(state: State, ca: Path) -> None:
    write_trust(state, ca, {})
    state.write("ca.pem", b"a new one\n")
    write_trust(state, ca, {})
    content = state.path(FILE).read_text()
    assert content.endswith("a new one\n")
    assert "the sandbox's" not in content


@pytest.mark.parametrize("given", [None, "/company.pem"])
def test_a_context_made_within_reads_no_file_of_authorities(
    given: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if given is None:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    else:
        monkeypatch.setenv("SSL_CERT_FILE", given)
    with no_file_of_authorities():
        assert ssl.create_default_context().cert_store_stats()["x509"] == 0
    assert os.environ.get("SSL_CERT_FILE") == given


def test_a_context_made_outside_reads_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    before = ssl.create_default_context().cert_store_stats()
    with no_file_of_authorities():
        pass
    assert ssl.create_default_context().cert_store_stats() == before
    assert before["x509"] > 0
