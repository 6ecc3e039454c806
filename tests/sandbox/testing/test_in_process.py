import os
import ssl
from pathlib import Path

import pytest
import trustme
from aiohttp import connector

from sandbox.startup.sitecustomize import Names
from sandbox.testing.in_process import led


@pytest.fixture
def names(tmp_path: Path) -> Names:
    written = {"hosts": [], "address": "127.0.0.1", "ports": {}, "trust": str(tmp_path / "ca.pem")}
    return Names(written)


def trust(names: Names, organization: str, written_at: int) -> None:
    trustme.CA(organization_name=organization).cert_pem.write_to_path(names.trust)
    os.utime(names.trust, (written_at, written_at))


def trusted(names: Names) -> ssl.SSLContext:
    with led(names):
        found: ssl.SSLContext = connector.__dict__["_SSL_CONTEXT_VERIFIED"]
    return found


def test_blocks_of_one_sandbox_parse_its_authorities_once(names: Names) -> None:
    trust(names, "first", written_at=1)
    assert trusted(names) is trusted(names)


def test_a_sandbox_that_was_started_again_is_trusted_by_its_new_authority(names: Names) -> None:
    for number, organization in enumerate(("first", "second"), start=1):
        trust(names, organization, written_at=number)
        (authority,) = trusted(names).get_ca_certs()
        assert organization in str(authority["subject"])
