import os
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from sandbox.edge import Certificate
from sandbox.state import State

HOSTS = ["store.blob.core.windows.net", "v.vault.azure.net"]
NOW = datetime.now(UTC)


def made(state: State, hosts: list[str] = HOSTS, now: datetime = NOW) -> bytes:
    return Certificate.keep(state, hosts, now).chain.read_bytes()


def handshake(certificate: Certificate, host: str, version: ssl.TLSVersion) -> str | None:
    """Return the TLS version of a handshake of a strict client with the edge, without a socket."""
    trust = ssl.create_default_context(cafile=str(certificate.authority))
    trust.verify_flags |= ssl.VERIFY_X509_STRICT
    trust.maximum_version = version
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trust.wrap_bio(to_client, to_server, server_hostname=host)
    server = certificate.server_context().wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client.version()


@pytest.mark.parametrize("host", [*HOSTS, "localhost", "127.0.0.1"])
def test_a_strict_client_accepts_every_name(state: State, host: str) -> None:
    certificate = Certificate.keep(state, HOSTS)
    assert handshake(certificate, host, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"


def test_another_name_is_not_accepted(state: State) -> None:
    certificate = Certificate.keep(state, HOSTS)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(certificate, "example.com", ssl.TLSVersion.TLSv1_3)


def test_tls_1_2_is_spoken_and_nothing_older(state: State) -> None:
    certificate = Certificate.keep(state, HOSTS)
    assert handshake(certificate, HOSTS[0], ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    assert certificate.server_context().minimum_version == ssl.TLSVersion.TLSv1_2


def test_it_is_kept_while_it_fits(state: State) -> None:
    assert made(state) == made(state, [*reversed(HOSTS)], NOW + timedelta(days=360))


@pytest.mark.parametrize(
    ("hosts", "later"),
    [
        pytest.param(HOSTS[:1], 0, id="a host has gone"),
        pytest.param([*HOSTS, "new.example.com"], 0, id="a host is new"),
        pytest.param(HOSTS, 370, id="it is about to expire"),
        pytest.param(HOSTS, -3, id="the clock is before its beginning"),
    ],
)
def test_it_is_made_anew_when_it_no_longer_fits(state: State, hosts: list[str], later: int) -> None:
    assert made(state) != made(state, hosts, NOW + timedelta(days=later))


@pytest.mark.parametrize("damage", [b"", b"-----BEGIN CERTIFICATE-----\nbroken"])
@pytest.mark.parametrize("name", ["ca.pem", "edge.pem"])
def test_it_is_made_anew_when_a_file_is_damaged(state: State, name: str, damage: bytes) -> None:
    before = made(state)
    state.write(name, damage)
    assert made(state) != before
    assert handshake(Certificate.keep(state, HOSTS), HOSTS[0], ssl.TLSVersion.TLSv1_3)


def test_it_is_made_anew_when_the_authority_is_of_another_make(
    tmp_path: Path, state: State
) -> None:
    other = State.open(tmp_path / "other")
    before = made(state)
    made(other)
    state.write("ca.pem", other.path("ca.pem").read_bytes())
    assert made(state) != before


def test_the_clock_may_be_set_back_by_an_hour(state: State) -> None:
    assert made(state) == made(state, HOSTS, NOW - timedelta(hours=1))


def test_browsers_accept_its_lifetime(state: State) -> None:
    own = x509.load_pem_x509_certificate(made(state))
    assert own.not_valid_after_utc - own.not_valid_before_utc < timedelta(days=398)


def test_the_authority_leaves_no_key_and_the_files_are_the_users_alone(state: State) -> None:
    certificate = Certificate.keep(state, HOSTS)
    assert b"PRIVATE" not in certificate.authority.read_bytes()
    assert certificate.chain.read_bytes().count(b"PRIVATE KEY-----") == 2  # begin and end of one
    assert sorted(each.name for each in state.root.iterdir()) == [
        "ca.pem",
        "edge.pem",
        "layout",
    ]
    for each in state.root.iterdir():
        assert stat.S_IMODE(os.stat(each).st_mode) == 0o600
