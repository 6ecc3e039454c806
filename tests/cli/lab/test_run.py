"""A lab's sandbox and the learner's files, as a check uses them."""

from pathlib import Path

import pytest

from cli.lab.check_file import findings, prepare
from cli.lab.course import CourseError
from cli.lab.run import Finding, Run, WorkError
from sandbox.audit import Outcome
from sandbox.deployment import SNAPSHOT
from sandbox.supervisor.control_request import ControlRefusedError
from sandbox.testing.deployment import KeylessError
from tests.conftest import Running

READ = """
import os, sys
from azure.core.exceptions import HttpResponseError
from azure.identity import ManagedIdentityCredential
from azure.storage.blob import ContainerClient

credential = ManagedIdentityCredential(client_id=os.environ.get("AZURE_CLIENT_ID"))
account = os.environ["AZURE_STORAGE_BLOB_ENDPOINT"]
with credential, ContainerClient(account, sys.argv[1], credential) as one:
    try:
        print(one.download_blob("no-such-blob"))
    except HttpResponseError as error:
        print(error.status_code, error.error_code)
"""


@pytest.fixture
def run(sandbox: Running, tmp_path: Path) -> Run:
    return Run(sandbox.state, SNAPSHOT, tmp_path)


def write(run: Run, name: str, text: str) -> None:
    (run.work / name).write_text(text)


def test_a_script_has_the_rights_of_its_identity_and_its_own_records(run: Run) -> None:
    write(run, "read.py", READ)
    allowed = run.script("read.py", "thumbnailer", "originals")
    assert allowed.out == "404 BlobNotFound\n"
    assert allowed.status == 0
    denied = run.script("read.py", "gateway", "originals")
    assert denied.out == "403 AuthorizationPermissionMismatch\n"
    for done, who, outcome in (
        (allowed, "thumbnailer", Outcome.ALLOWED),
        (denied, "gateway", Outcome.DENIED),
    ):
        # The running services send requests of their own all the time.
        assert [each.outcome for each in done.records] == [Outcome.ISSUED, outcome]
        assert {each.identity for each in done.records} == {who}


def test_a_script_without_an_identity_finds_no_identity_endpoint(run: Run) -> None:
    write(run, "show.py", "import os\nprint(sorted(n for n in os.environ if 'IDENTITY' in n))")
    assert run.script("show.py", None).out == "[]\n"
    assert run.script("show.py", "gateway").out == "['IDENTITY_ENDPOINT', 'IDENTITY_HEADER']\n"


def test_a_script_runs_in_the_learner_s_folder_and_leaves_nothing_of_python_s(run: Run) -> None:
    write(run, "part.py", "NAME = 'a part'")
    write(run, "whole.py", "import os, part, sys\nprint(part.NAME, os.getcwd(), *sys.argv[1:])")
    done = run.script("whole.py", "gateway", "one", "two")
    assert done.out == f"a part {run.work} one two\n"
    assert {each.name for each in run.work.iterdir()} == {"part.py", "whole.py"}


def test_a_failed_script_is_reported_with_all_that_it_printed(run: Run) -> None:
    write(run, "fails.py", "print('so far', flush=True)\nraise SystemExit('and no further')")
    done = run.script("fails.py", "gateway")
    assert (done.status, done.out) == (1, "so far\nand no further\n")


def test_a_script_that_does_not_end_is_ended_with_its_children(run: Run) -> None:
    write(
        run,
        "hangs.py",
        "import subprocess, sys, time\n"
        "print('begun', flush=True)\n"
        "subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])\n",
    )
    with pytest.raises(WorkError, match=r"hangs\.py did not end within 3 seconds, and was ended"):
        run.script("hangs.py", "gateway", seconds=3)


def test_a_hasty_script_does_not_pause_and_its_pauses_are_counted(run: Run) -> None:
    write(
        run,
        "waits.py",
        "import os, sys, time\ntime.sleep(600)\nfrom time import sleep\nsleep(0.5)\n"
        "print(os.environ['COLOUR'], *sys.argv[1:])\nsys.exit(3)\n",
    )
    done = run.script("waits.py", "gateway", "one", hasty=True, COLOUR="green")
    assert (done.status, done.out, done.paused) == (3, "green one\n", 600.5)
    write(run, "dies.py", "import os\nprint('so far', flush=True)\nos._exit(4)\n")
    done = run.script("dies.py", "gateway", hasty=True)
    assert (done.status, done.out, done.paused) == (4, "so far\n", 0)


def test_an_absent_script_and_an_unknown_identity_are_one_sentence(run: Run) -> None:
    with pytest.raises(WorkError, match=r"there is no read.py in .*; ./keyless lab reset"):
        run.script("read.py", "gateway")
    write(run, "read.py", "")
    with pytest.raises(KeylessError, match="unknown identity 'reader'"):
        run.script("read.py", "reader")


def test_answers_are_toml(run: Run) -> None:
    with pytest.raises(WorkError, match=r"there is no answers.toml"):
        run.answers()
    write(run, "answers.toml", 'audience = "https://storage.azure.com"\nis_in_token = false\n')
    assert run.answers() == {"audience": "https://storage.azure.com", "is_in_token": False}
    write(run, "answers.toml", "audience = https://storage.azure.com\n")
    with pytest.raises(WorkError, match=r"answers.toml is not TOML: .*line 1"):
        run.answers()
    (run.work / "answers.toml").write_bytes(b"audience = '\xff'\n")
    with pytest.raises(WorkError, match=r"answers.toml is not TOML: .*utf-8"):
        run.answers()


def test_a_check_yields_findings_and_a_broken_file_of_the_learner_s_is_one(run: Run) -> None:
    check = run.work / "check.py"
    check.write_text(
        "from cli.lab.run import Finding\n"
        "def check(run):\n"
        "    yield Finding('gateway', 'it asks')\n"
        "    yield Finding('', 'you answer', run.answers()['it'])\n"
    )
    first, second = findings(check, run)
    assert first == Finding("gateway", "it asks")
    assert "there is no answers.toml" in second.fault
    write(run, "answers.toml", "it = 'no'")
    assert list(findings(check, run))[1] == Finding("", "you answer", "no")


def test_a_check_may_complete_the_start_of_its_lab(run: Run) -> None:
    check = run.work / "check.py"
    check.write_text("")
    prepare(check, run)
    check.write_text("def prepare(run):\n    (run.work / 'held').write_text('a token')\n")
    prepare(check, run)
    assert (run.work / "held").read_text() == "a token"


def test_a_check_asks_the_running_sandbox_for_what_it_can_do(run: Run) -> None:
    assert run.ask("set")["settings"]["propagation"] == "0s"
    with pytest.raises(ControlRefusedError, match="no setting is called 'age'"):
        run.ask("set", {"age": "6m"})


def test_a_file_without_a_check_is_named(run: Run) -> None:
    check = run.work / "check.py"
    check.write_text("")
    with pytest.raises(CourseError, match=r"check.py has no function check\(run\)"):
        list(findings(check, run))
