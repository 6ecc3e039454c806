"""The configuration of GitHub, Renovate and the dev container is well-formed and consistent."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.state import PROJECT

LOCKS = sorted((PROJECT / "requirements").glob("*.txt"))
WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
RENOVATE = PROJECT / ".github" / "renovate.json"
DEV_CONTAINER = PROJECT / ".devcontainer" / "devcontainer.json"

# docs.renovatebot.com/modules/manager/pip-compile: sources named, each value behind an equals sign
COMMAND = re.compile(
    r"#    uv pip compile (?P<source>[\w./]+) --universal --generate-hashes --python-version=3\.11"
    r"(?: --group=\w+)*(?: --constraint=[\w./]+)? --output-file=(?P<lock>[\w./]+)"
)


@pytest.mark.parametrize(
    ("schema", "files"),
    [("vendor.github-workflows", WORKFLOWS), ("vendor.renovate", [RENOVATE])],
)
def test_a_file_follows_its_schema(schema: str, files: list[Path]) -> None:
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema)
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_renovate_can_make_a_lock_again_by_its_own_header(lock: Path) -> None:
    command = COMMAND.fullmatch(lock.read_text().splitlines()[1])
    assert command is not None
    assert PROJECT / command["lock"] == lock
    assert (PROJECT / command["source"]).exists()


def test_the_bicep_cli_is_of_one_version_wherever_it_is_named() -> None:
    manager = json.loads(RENOVATE.read_text())["customManagers"][0]
    patterns = [re.compile(each.replace("(?<", "(?P<")) for each in manager["matchStrings"]]
    files = [*WORKFLOWS, DEV_CONTAINER, PROJECT / "infra" / "bicep" / "README.md"]
    found = {
        (file.name, match["currentValue"])
        for file in files
        for pattern in patterns
        for match in pattern.finditer(file.read_text())
    }
    assert {name for name, _ in found} >= {"test.yml", "devcontainer.json", "README.md"}
    assert len({version for _, version in found}) == 1


@pytest.mark.parametrize("workflow", ["azure-dev.yml", "what-if.yml"])
def test_a_workflow_that_asks_azure_has_all_variables_of_the_bicep(workflow: str) -> None:
    parameters = (PROJECT / "infra" / "bicep" / "main.bicepparam").read_text()
    asked = set(re.findall(r"readEnvironmentVariable\('(\w+)'\)", parameters))
    text = (PROJECT / ".github" / "workflows" / workflow).read_text()
    assert asked >= {"AZURE_ENV_NAME", "AZURE_LOCATION"}
    assert {each for each in asked if f"      {each}: ${{{{ vars.{each} }}}}" not in text} == set()


@pytest.mark.parametrize("workflow", ["azure-dev.yml", "what-if.yml"])
def test_azure_is_reached_by_the_federated_identity_of_a_guarded_environment(workflow: str) -> None:
    text = (PROJECT / ".github" / "workflows" / workflow).read_text()
    before, _, after = text.partition("id-token: write")
    assert "\npermissions: {}\n" in before
    assert "    environment: " in before
    assert "id-token" not in after
    assert "pull_request_target" not in re.sub(r"(?m)^#.*", "", text)


def test_no_workflow_is_given_a_secret() -> None:
    assert [each.name for each in WORKFLOWS if "secrets." in each.read_text()] == []


def test_every_action_is_pinned_by_commit_and_says_its_version() -> None:
    used = [
        line.strip().removeprefix("- ")
        for each in WORKFLOWS
        for line in each.read_text().splitlines()
        if re.match(r"\s*(- )?uses: (?!\$/)", line)
    ]
    assert used
    pinned = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [each for each in used if not pinned.fullmatch(each)] == []


def test_the_dev_container_forwards_the_gallery_and_nothing_else() -> None:
    container: dict[str, Any] = json.loads(DEV_CONTAINER.read_text())
    assert container["forwardPorts"] == [8080]
    assert "mounts" not in container
    assert not {"containerEnv", "remoteEnv", "secrets"} & set(container)


def test_git_reads_the_mounted_project_though_its_owner_is_another(tmp_path: Path) -> None:
    text = (PROJECT / ".github" / "workflows" / "test.yml").read_text()
    given = dict(re.findall(r"--env (GIT_CONFIG_\w+)=(\S+)", text))
    folder = re.search(r"--workdir (\S+)", text)
    assert folder is not None
    here = {name: str(tmp_path) if value == folder[1] else value for name, value in given.items()}
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    # git's own switch, for its own tests: every folder belongs to another user.
    strange = {"PATH": os.environ["PATH"], "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    command = ["git", "-C", str(tmp_path), "ls-files"]
    assert subprocess.run(command, env=strange, capture_output=True, check=False).returncode == 128
    assert subprocess.run(command, env=strange | here, check=False).returncode == 0
