"""`./keyless as`: a program under an identity, and its refusals."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.run_as import not_found
from sandbox.startup import FOLDER
from sandbox.state import PROJECT
from tests.conftest import Running, keyless

READ = """
import os, sys
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient
account = BlobServiceClient(os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], DefaultAzureCredential())
for name in sys.argv[1:]:
    try:
        print(name, account.get_blob_client(name, "no-such").exists())
    except HttpResponseError as error:
        print(name, error.error_code)
sys.exit(3)
"""


def read_as(sandbox: Running, who: str, *options: str) -> "subprocess.CompletedProcess[str]":
    command = (sys.executable, "-c", READ, "thumbnails", "originals")
    return sandbox.run("as", who, *options, "--", *command)


def test_a_program_is_told_what_it_was_allowed_and_what_it_was_denied(sandbox: Running) -> None:
    done = read_as(sandbox, "gateway")
    assert done.stdout == "thumbnails False\noriginals AuthorizationPermissionMismatch\n"
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        "keyless: gateway was denied blobs/read on containers/originals: no role assignment"
        " allows it; Storage Blob Data Reader or Keyless Blob Keeper would do.",
        "keyless: as gateway: 1 token, 1 allowed, 1 denied, 0 refused.",
        "  • token for https://storage.azure.com",
        "  ✓ blobs/read on containers/thumbnails  Storage Blob Data Reader",
        "  ✗ blobs/read on containers/originals  none; Storage Blob Data Reader or Keyless Blob"
        " Keeper would do",
    ]


def test_the_same_program_as_another_is_allowed_both(sandbox: Running, tmp_path: Path) -> None:
    done = read_as(sandbox, "thumbnailer", "--json", str(tmp_path / "said"))
    assert done.stdout == "thumbnails False\noriginals False\n"
    assert "2 allowed, 0 denied, 0 refused" in done.stderr
    said = json.loads((tmp_path / "said").read_text())
    assert (said["who"], said["status"]) == ("thumbnailer", 3)
    assert [each["outcome"] for each in said["records"]] == ["issued", "allowed", "allowed"]


def test_why_a_token_is_refused_is_told_while_the_program_still_runs(sandbox: Running) -> None:
    """A storage client would retry for over a minute; this program waits as long."""
    principal = sandbox.deployment.principal("gateway").principal_id
    with acting(sandbox, "gateway", ASKS, AZURE_CLIENT_ID=principal) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "refused\n"
        line = process.stderr.readline()
        assert line.startswith("keyless: gateway was refused a token: No User Assigned")
        assert process.poll() is None
        said, _ = process.communicate("so it goes\n", timeout=60)
    assert said == "so it goes\n"


ASKS = """
import os
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential
os.environ["AZURE_CLIENT_ID"] = "{AZURE_CLIENT_ID}"
try:
    DefaultAzureCredential(logging_enable=False).get_token("https://storage.azure.com/.default")
except ClientAuthenticationError:
    print("refused", flush=True)
print(input())
"""


@contextmanager
def acting(
    sandbox: Running, who: str, program: str, **values: str
) -> Iterator["subprocess.Popen[str]"]:
    script = "import logging; logging.disable()\n" + program.format(**values)
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "as", who, "--", sys.executable, "-c", script],
        cwd=PROJECT,
        env={**os.environ, "KEYLESS_STATE": str(sandbox.state.root)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def test_what_would_lead_a_program_elsewhere_is_not_in_its_environment(sandbox: Running) -> None:
    names = ("https_proxy", "no_proxy", "AZURE_CLIENT_ID", "KEYLESS_PYTHONPATH", "KEPT")
    done = keyless(
        sandbox.state.root,
        "as",
        "notifier",
        "--",
        sys.executable,
        "-c",
        f"import os; print([os.environ.get(each, '-') for each in {names}])\n"
        "print(os.environ['PYTHONPATH'])",
        https_proxy="http://127.0.0.1:9",
        no_proxy="*",
        AZURE_CLIENT_ID="another's",
        PYTHONPATH=str(PROJECT),
        KEYLESS_PYTHONPATH="/mine",
        KEPT="yes",
    )
    assert done.stdout == f"['-', '-', '-', '-', 'yes']\n{FOLDER}:/mine\n"


def test_a_program_that_asks_for_nothing_is_told_so(sandbox: Running) -> None:
    done = sandbox.run("as", "gateway", "--", "true")
    assert done.returncode == 0
    assert "no token was requested" in done.stderr


def test_a_program_that_is_none_ends_as_in_a_shell(sandbox: Running, tmp_path: Path) -> None:
    absent = sandbox.run("as", "gateway", "--", "no-such-program")
    assert (absent.returncode, absent.stdout) == (127, "")
    assert absent.stderr == "keyless: command not found: no-such-program.\n"
    (tmp_path / "text").write_text("")
    assert sandbox.run("as", "gateway", "--", str(tmp_path / "text")).returncode == 126


def test_a_service_without_az_is_led_to_the_deployer() -> None:
    assert not_found(["az", "role", "list"], is_a_person=False) == (
        "command not found: az: services do not use az; try ./keyless as deployer -- az role list"
    )
    assert not_found(["az"], is_a_person=True) == "command not found: az"
    assert not_found(["gcloud"], is_a_person=False) == "command not found: gcloud"


def test_a_person_signs_in_first_and_each_has_a_sign_in_of_their_own(sandbox: Running) -> None:
    absent = sandbox.run("as", "operator", "--stand-in", "--", "true")
    assert absent.returncode == 69
    assert "./keyless sign-in --approve --as operator --stand-in" in absent.stderr
    signed = sandbox.run("sign-in", "--approve", "--as", "operator", "--stand-in")
    assert signed.returncode == 0, signed.stderr
    done = read_as(sandbox, "operator", "--stand-in")
    assert done.stdout.count("AuthorizationPermissionMismatch") == 2
    assert "keyless: operator was denied blobs/read on containers/originals" in done.stderr


def test_who_nobody_is_is_told_with_everybody_there_is(sandbox: Running) -> None:
    for command in (("as", "bob", "--", "true"), ("env", "bob")):
        done = sandbox.run(*command)
        assert done.returncode == 69
        assert done.stderr == (
            "keyless: no identity is called 'bob'; choose from catalog, gateway, notifier, "
            "thumbnailer, developer, operator and deployer.\n"
        )


@pytest.mark.parametrize("who", ["gateway", "developer"])
def test_without_a_sandbox_it_says_how_to_start_one(tmp_path: Path, who: str) -> None:
    done = keyless(tmp_path, "as", who, "--", "true")
    assert done.returncode == 69
    assert "start one with ./keyless up" in done.stderr
