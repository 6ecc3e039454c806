"""`python -m sandbox`: one program as one identity of a deployment."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.__main__ import main
from sandbox.state import PROJECT

ORDERS = PROJECT / "tests" / "sandbox" / "testing" / "orders.snapshot.json"
WRITES = """
import sys
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.storage.blob import ContainerClient

orders = "https://stcontosoorders.blob.core.windows.net/orders"
with ContainerClient.from_container_url(orders, DefaultAzureCredential()) as container:
    list(container.list_blobs())
    try:
        container.upload_blob("1", b"two chairs")
    except HttpResponseError as error:
        sys.exit(error.status_code - 400)
"""


def test_a_program_acts_as_the_identity_and_its_denials_are_shown() -> None:
    done = subprocess.run(
        [
            *f"{sys.executable} -m sandbox {ORDERS} --as worker -- {sys.executable} -c".split(),
            WRITES,
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = done.stderr.splitlines()
    assert done.returncode == 3, done.stderr
    assert line.startswith("keyless: DENIED   worker Microsoft.Storage/storageAccounts/")
    assert line.endswith(
        "blobs/write on containers/orders;"
        " Storage Blob Data Contributor or Storage Blob Data Owner would allow it"
    )


def test_a_missing_snapshot_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "none.json"), "--as", "web", "--", "true"]) == 69
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"keyless: there is no file {tmp_path}/none.json."
