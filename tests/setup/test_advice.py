"""Why a step failed, by the output of pip, npm and uv."""

import errno
import sys
from pathlib import Path

import pytest

from setup.advice import of_os_error, of_step
from setup.paths import HOME
from setup.steps import StepError

# As pip, npm and uv word it.
PIP_AWAY = """\
WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after \
connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPConnection object at \
0x7f>: Failed to establish a new connection: [Errno 111] Connection refused')': /simple/aiohttp/
ERROR: Could not find a version that satisfies the requirement aiohttp==3.14.0 (from versions: none)
ERROR: No matching distribution found for aiohttp==3.14.0
"""
PIP_NAME = PIP_AWAY.replace(
    "[Errno 111] Connection refused", "[Errno -3] Temporary failure in name resolution"
)
PIP_UNKNOWN = "ERROR: No matching distribution found for aiohttp==3.14.0\n"
PIP_SOCKS = "ERROR: Could not install packages due to an OSError: Missing dependencies for SOCKS \
support.\n"
PIP_PROXY = """\
WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after \
connection broken by 'ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: \
407 Proxy Authentication Required'))': /simple/aiohttp/
"""
PIP_TLS = """\
Could not fetch URL https://example.org/simple/aiohttp/: There was a problem confirming the ssl \
certificate: HTTPSConnectionPool(host='example.org', port=443): Max retries exceeded with url: \
/simple/aiohttp/ (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] \
certificate verify failed: self-signed certificate in certificate chain (_ssl.c:1006)'))) - skipping
"""
PIP_HASH = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n"
PIP_USER = "ERROR: Can not perform a '--user' install. User site-packages are not visible in this \
virtualenv.\n"
PIP_FULL = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on \
device\n"
PIP_HTTP = (
    "WARNING: The repository located at example.org is not a trusted or secure host and is \
being ignored.\n"
    + PIP_UNKNOWN
)
NPM_AWAY = """\
npm error code ECONNREFUSED
npm error FetchError: request to http://127.0.0.1:9/azurite failed, reason:
npm error   code: 'ECONNREFUSED',
"""
NPM_10 = "npm error Exit handler never called!\nnpm error This is an error with npm itself.\n"
NPM_401 = "npm error code E401\nnpm error Incorrect or missing password.\n"
UV_AWAY = (
    "error: Failed to fetch: `https://example.org/simple/aiohttp/`\n  Caused by: error sending \
request for url (https://example.org/simple/aiohttp/)\n  Caused by: dns error: failed to lookup\n"
)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (PIP_AWAY, "the registry is unreachable"),
        (PIP_NAME, "the registry is unreachable"),
        (PIP_UNKNOWN, "the registry lacks the package, or does not answer"),
        (PIP_SOCKS, "pip cannot use a SOCKS proxy"),
        (PIP_PROXY, "the proxy requires a user name and a password"),
        (PIP_TLS, "is not trusted: name your company's authority in PIP_CERT"),
        (PIP_HASH, "file differs from the locked one"),
        (PIP_USER, "pip's settings install packages elsewhere"),
        (PIP_FULL, "a disk is full ("),
        (PIP_HTTP, "is http, which pip does not trust"),
        (NPM_AWAY, "the registry is unreachable"),
        (NPM_10, "the registry is unreachable"),
        (NPM_401, "the registry refuses your access"),
        (UV_AWAY, "the registry is unreachable"),
        ("it ended with status -9", "too little memory"),
    ],
)
def test_a_cause_is_read_from_the_output(said: str, cause: str) -> None:
    sentence = of_step(StepError("a step", said, "pip"), Path(sys.executable), {})
    assert sentence.startswith("could not finish: a step: ")
    assert cause in sentence
    assert sentence.endswith("run ./keyless again, which continues where it stopped")


def test_an_unknown_cause_is_not_made_up() -> None:
    sentence = of_step(StepError("a step", "a riddle", "pip"), Path(sys.executable), {})
    assert (
        sentence
        == "could not finish: a step; then run ./keyless again, which continues where it stopped"
    )


def test_the_variables_are_named_and_their_values_are_not_shown() -> None:
    index = "https://example.org/simple?as=secret"
    others = {"PIP_CERT": "x", "npm_config_registry": "x", "EDITOR": "ed"}
    given = {"PIP_INDEX_URL": index, "HTTPS_PROXY": "x", **others}
    sentence = of_step(StepError("a step", PIP_AWAY, "pip"), Path(sys.executable), given)
    assert "that this machine is online, and HTTPS_PROXY, PIP_INDEX_URL; then" in sentence
    assert "secret" not in sentence


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "free some space"),
        (errno.EROFS, "a folder where you may write"),
        (errno.EACCES, "a folder where you may write"),
        (errno.EIO, "run ./keyless again"),
    ],
)
def test_a_file_that_cannot_be_written_is_named_with_the_cure(number: int, cure: str) -> None:
    sentence = of_os_error(OSError(number, "so it is", "/a/file"))
    assert sentence.startswith("cannot use /a/file: so it is")
    assert cure in sentence


def test_a_file_of_the_project_that_is_missing_is_brought_back_by_git() -> None:
    lost = OSError(errno.ENOENT, "No such file or directory", str(HOME / "requirements/run.txt"))
    assert "git restore" in of_os_error(lost)
