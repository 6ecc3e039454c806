"""The certificate authorities for a user's own programs: the machine's, and the sandbox's.

A program in the shell of `./keyless env` reaches the sandbox and the rest of the world. Most tools
take one file of authorities, which replaces the machine's.
"""

import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import certifi

from sandbox.state import State

FILE = "trust.pem"

_VARIABLE = "SSL_CERT_FILE"

# Debian and Alpine; Fedora; macOS. Python's own default may be a folder, which few tools take.
_USUAL = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)


def write_trust(state: State, authority: Path, given: Mapping[str, str] = os.environ) -> None:
    """Write the file of the machine's authorities and `authority`, if it has changed.

    The user's SSL_CERT_FILE replaces the machine's. Raises OSError.
    """
    content = _of_the_machine(state, given) + b"\n" + authority.read_bytes()
    path = state.path(FILE)
    if not path.exists() or path.read_bytes() != content:
        state.write(FILE, content)


def _of_the_machine(state: State, given: Mapping[str, str]) -> bytes:
    for each in _places(state, given):
        try:
            return each.read_bytes()
        except OSError:
            continue
    return b""


@contextmanager
def no_file_of_authorities() -> Iterator[None]:
    """Let the TLS contexts that the block makes read no file of authorities.

    aiohttp makes two as it is imported, of 30 ms and 1 MB each. The sandbox uses neither: its
    clients outside have contexts of their own.
    """
    given = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = os.devnull
    try:
        yield
    finally:
        if given is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = given


def _places(state: State, given: Mapping[str, str]) -> Iterator[Path]:
    named = Path(given.get(_VARIABLE) or "/")
    # A shell inside a shell of this sandbox names this sandbox's own file.
    if named.is_file() and state.root not in named.resolve().parents:
        yield named
    default = ssl.get_default_verify_paths().openssl_cafile
    yield from map(Path, (default, *_USUAL, certifi.where()))
