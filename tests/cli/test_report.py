"""`./keyless report`: the sandbox answers the questions; a stand-in is the control plane."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.questions import inside
from local.questions.probes import PROBES
from local.report.answer_block import read
from local.report.model import Why
from local.report.redact import REMOVED
from sandbox.assumptions import LIKELY, QUESTIONS
from sandbox.deployment import as_compiled
from sandbox.state import PROJECT
from tests.conftest import Running, keyless, up
from tests.local.report import world
from tests.local.report.azure import AzureCli, stand_in
from tests.local.report.test_rules import as_azure
from tests.local.report.world import DEPLOYMENTS, ENVIRONMENT, HERE, SUB

FAILED, SUCCEEDED = f"{SUB}/{DEPLOYMENTS}/{ENVIRONMENT}-1", f"{SUB}/{DEPLOYMENTS}/{ENVIRONMENT}-2"
NOTIFIER = f"{HERE}/providers/Microsoft.App/containerApps/notifier"
APPS = ("catalog", "gateway", "notifier", "thumbnailer")


@pytest.fixture(scope="module")
def signed_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox with a shell in which the developer is signed in. No report asks a service."""
    with up(tmp_path_factory.mktemp("report"), "--endpoints") as sandbox:
        done = sandbox.run("sign-in", "--approve", "--stand-in", "--as", "developer")
        assert done.returncode == 0, done.stderr
        yield sandbox


@dataclass(frozen=True)
class Shell:
    """A user's shell, in which `az` is the stand-in."""

    sandbox: Running
    az: AzureCli
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "report.md"

    @property
    def variables(self) -> Mapping[str, str]:
        around = {name: value for name, value in os.environ.items() if "IDENTITY" not in name}
        return {**around, **self.sandbox.environment("developer"), "PATH": self.az.path}

    def command(self, *options: str) -> list[str]:
        given = ("--env-file", str(self.folder / "azure.env"), "--output", str(self.file))
        return [sys.executable, "-m", "cli", "report", *given, *options]

    def run(self, *options: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*options),
            cwd=PROJECT,
            env={**self.variables, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def shell(signed_in: Running, tmp_path: Path) -> Shell:
    return shell_in(tmp_path, signed_in)


def shell_in(folder: Path, signed_in: Running) -> Shell:
    """Return a shell for an environment whose second deployment succeeded."""
    found = Shell(signed_in, stand_in(folder / "az"), folder)
    (found.az.folder / "python").symlink_to(sys.executable)
    values(found, **outputs(signed_in))
    tell(found, {**deployed(), **rights(signed_in)})
    return found


@dataclass(frozen=True)
class Reported:
    """A report that tests read and leave as it is, and the command that made it."""

    done: "subprocess.CompletedProcess[str]"
    file: Path

    @property
    def page(self) -> str:
        return self.file.read_text()


@pytest.fixture(scope="module")
def reported(signed_in: Running, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """The report on that environment, without the questions that only its apps can answer."""
    shell = shell_in(tmp_path_factory.mktemp("reported"), signed_in)
    return Reported(shell.run("--yes"), shell.file)


@pytest.fixture(scope="module")
def reported_inside(signed_in: Running, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """The report with the answers of its apps."""
    shell = shell_in(tmp_path_factory.mktemp("inside"), signed_in)
    return Reported(shell.run("--yes", "--inside-apps"), shell.file)


def values(shell: Shell, **more: str) -> None:
    """The environment's values from azd."""
    known = {
        "AZURE_ENV_NAME": ENVIRONMENT,
        "AZURE_SUBSCRIPTION_ID": world.SUBSCRIPTION,
        "AZURE_LOCATION": "westeurope",
        "AZURE_TENANT_ID": shell.sandbox.deployment.tenant_id,
        **more,
    }
    lines = (f"{name}={json.dumps(value)}" for name, value in known.items())
    (shell.folder / "azure.env").write_text("\n".join(lines))


def outputs(sandbox: Running) -> dict[str, str]:
    """The outputs of a successful deployment."""
    deployment = sandbox.deployment
    return {
        "AZURE_RESOURCE_GROUP": world.GROUP,
        "AZURE_STORAGE_BLOB_ENDPOINT": f"https://{deployment.storage.host}/",
        "AZURE_KEY_VAULT_ENDPOINT": f"https://{deployment.vault.host}/",
        "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE": deployment.bus.host,
        "DEVELOPER_PRINCIPAL_ID": deployment.principal("developer").principal_id,
        "OPERATOR_PRINCIPAL_ID": world.PERSON,
        "GATEWAY_URL": f"https://gateway.{world.DOMAIN}",
        "PARTNER_WEBHOOK_URL": f"https://hooks.{world.DOMAIN}/{world.TOKEN}",
    }


def tell(shell: Shell, answers: Mapping[str, Any]) -> None:
    sandbox = shell.sandbox
    scaled = "Scaled apps/v1.Deployment k8se-apps/x from 0 to 1, triggered by azure-servicebus-x"
    shell.az.tell(
        answers,
        logs={
            each: [
                world.refused("create", "container originals", "08:30:20"),
                world.logged("08:30:40", "Ready"),
                world.logged("08:36:15", "Photo received"),
            ]
            for each in APPS
        },
        events={
            each: [
                world.event(each, "KEDAScalersStarted", "08:30:04"),
                world.event(each, "KEDAScalerFailed", "08:30:09"),
                world.event(each, "KEDAScaleTargetActivated", "08:36:40", scaled),
            ]
            for each in APPS
        },
        console=dict(sandbox.environment("gateway")) | {"PATH": f"{shell.az.folder}:/usr/bin:/bin"},
        signs_in=str(sandbox.state.path("bin") / "az"),
    )


def deployed() -> dict[str, Any]:
    """A first deployment that failed, and a second that succeeded."""
    first = world.deployment(f"{ENVIRONMENT}-1", "08:10", "Failed")
    second = world.deployment(f"{ENVIRONMENT}-2", "08:25")
    topic = as_compiled().bus.topics[0]
    answers: dict[str, Any] = {
        f"{SUB}/{DEPLOYMENTS}": world.page(second, first),
        f"{HERE}/{DEPLOYMENTS}": world.page(),
        **failed(),
        **world.apps_of(
            *(
                (
                    world.app(each, scales=each != "gateway"),
                    [world.revision(each, 1, "08:08"), world.revision(each, 2, "08:30")],
                )
                for each in APPS
            )
        ),
    }
    for each in topic.subscriptions:
        answers |= world.rules_of(each.name, *map(as_azure, each.rules))
    return answers


def failed() -> dict[str, Any]:
    """The operations of the first deployment, which failed because an app did not start."""
    text = "Failed to provision revision for container app 'notifier'. Operation expired."
    return {
        f"{FAILED}/operations": world.page(world.nested("application-x1y2", "Failed")),
        f"{HERE}/{DEPLOYMENTS}/application-x1y2/operations": world.page(
            world.failed(
                "Microsoft.App/containerApps", NOTIFIER, "ContainerAppOperationError", text
            )
        ),
    }


def rights(sandbox: Running) -> dict[str, Any]:
    """The rights of the apps and of the user, and the identity that is kept from the apps' code."""
    originals = f"{world.STORAGE}/blobServices/default/containers/originals"
    platform = sandbox.deployment.principal("platform").resource_id
    granted = world.assignment(world.principal("gateway"), originals, "08:24:40")
    return {
        world.ASSIGNMENTS: world.page(granted),
        f"{world.ASSIGNMENTS}?filtered": world.page(),
        world.IDENTITIES: world.page({"id": platform, "name": "id-platform-sandbox"}),
    }


def private(sandbox: Running) -> list[str]:
    """All values that a report must not hold: of the environment, and of the sandbox."""
    deployment = sandbox.deployment
    ids = [each for one in deployment.principals for each in (one.principal_id, one.client_id)]
    hosts = [deployment.storage.name, deployment.vault.name, deployment.bus.name]
    found = [*world.PLANTED, *ids, *hosts, deployment.subscription_id, deployment.tenant_id]
    return [each for each in found if each]


def test_a_deployed_environment_reports_all_that_it_shows(reported_inside: Reported) -> None:
    done, page = reported_inside.done, reported_inside.page
    assert done.returncode == 0, done.stdout + done.stderr
    assert page in done.stdout
    sends = [name for name, each in PROBES.items() if each.sends]
    # A secret that was set seldom shows no order of its versions, and a young token not its end.
    without = {*sends, "vault-versions", "identity-cached-until"}
    answered = read(reported_inside.file)
    answers = {each: answer for each, answer in answered.items() if each not in without}
    asked = [each.name for each in QUESTIONS if each.name not in without]
    assert answers == {each: LIKELY.answer(each) for each in asked}
    assert page.count(Why.WORKERS) == len([each for each in QUESTIONS if each.name in sends])
    for row in (
        "| Azure CLI | 2.77.0 |",
        "| asked with the rights of | the developer |",
        "### 1, the first: Failed after 612 s",
        "- `Microsoft.App/containerApps` of `notifier` was refused: Conflict > "
        "ContainerAppOperationError",
        "  - Azure says: Failed to provision revision for container app 'notifier'. Operation "
        "expired. …",
        "  - What to do: The revision did not become ready in time.",
        "### 2: Succeeded after 612 s",
        "| thumbnailer | 1 | placeholder | no | Provisioned | Running | Healthy | 1 |",
        "| thumbnailer | 2 | its own | yes | Provisioned | Running | Healthy | 1 |",
        "| gateway | Keyless Blob Depositor | containers/originals | at most 360 s after the "
        "grant; 1 failed attempt, the last after 340 s |",
        "| thumbnailer | 4 | 1 | 400 | azure-servicebus | 25 |",
        "| notifier | ",
    ):
        assert row in page, row


def test_no_id_name_address_or_secret_leaves(reported_inside: Reported, signed_in: Running) -> None:
    page = reported_inside.page
    assert reported_inside.done.returncode == 0, reported_inside.done.stderr
    assert [each for each in private(signed_in) if each.lower() in page.lower()] == []
    assert REMOVED not in page  # the first line has let nothing through for the second to remove


def test_the_answers_are_compared_with_what_is_assumed(reported: Reported, tmp_path: Path) -> None:
    assert reported.done.returncode == 0
    said = keyless(tmp_path / "none", "assumptions", "--from", str(reported.file))
    answered = read(reported.file)
    assert (
        f"answers {len(answered)} of {len(QUESTIONS)} questions, 0 of them differently"
        in said.stdout
    )
    for each in QUESTIONS:
        mark = "✓" if each.name in answered else "·"
        assert f"{mark} {each.name}  " in said.stdout


def test_after_a_failed_deployment_it_names_the_resource_and_the_rule(shell: Shell) -> None:
    values(shell)
    tell(
        shell,
        {
            f"{SUB}/{DEPLOYMENTS}": world.page(
                world.deployment(f"{ENVIRONMENT}-1", "08:10", "Failed")
            ),
            f"{HERE}/{DEPLOYMENTS}": "ResourceGroupNotFound",
            **failed(),
        },
    )
    done = shell.run("--yes", "--inside-apps")
    assert done.returncode == 0, done.stderr
    page = shell.file.read_text()
    assert "- `Microsoft.App/containerApps` of `notifier` was refused: Conflict > " in page
    assert page.count(Why.NO_ADDRESSES) == len(
        [each for each in QUESTIONS if each.name not in inside.PROBES]
    )
    assert page.count("Azure did not show this: ResourceNotFound.") == 4
    assert read(shell.file) == {}
    assert [each for each in private(shell.sandbox) if each in page] == []


def test_who_is_signed_in_to_another_tenant_asks_nothing(shell: Shell) -> None:
    """Answers to a token of another tenant would prove nothing."""
    values(shell, **outputs(shell.sandbox), AZURE_TENANT_ID=world.TENANT)
    done = shell.run("--yes")
    assert done.returncode == 0, done.stderr
    assert f"az login --tenant {world.TENANT}" in done.stdout
    assert read(shell.file) == {}
    assert world.TENANT not in shell.file.read_text()


def test_without_an_azure_cli_it_says_what_is_missing(shell: Shell) -> None:
    done = shell.run("--yes", PATH=str(shell.folder))
    assert done.returncode == 0, done.stderr
    page = shell.file.read_text()
    assert page.count("Azure did not show this: there is no Azure CLI here.") == 5
    assert Why.NOT_SIGNED_IN in page
    assert "az login" in done.stdout


def test_a_file_that_is_there_is_never_overwritten(shell: Shell) -> None:
    shell.file.write_text("mine")
    done = shell.run("--yes")
    assert done.returncode == 64
    assert "already exists; choose another file with --output, or delete it." in done.stderr
    assert shell.file.read_text() == "mine"
    assert shell.az.asked == []


def test_a_folder_that_is_not_there_is_said_before_anything_is_asked(shell: Shell) -> None:
    done = shell.run("--yes", "--output", str(shell.folder / "none" / "report.md"))
    assert done.returncode == 64
    assert f"the folder {shell.folder / 'none'} does not exist." in done.stderr
    assert shell.az.asked == []


def test_where_nobody_can_be_asked_nothing_is(shell: Shell) -> None:
    done = shell.run()
    assert done.returncode == 64
    assert "--yes agrees to all but --inside-apps" in done.stderr
    assert shell.az.asked == []


def test_an_environment_that_azd_does_not_know_is_one_sentence(shell: Shell) -> None:
    (shell.folder / "azure.env").write_text("X=1\n")
    done = shell.run("--yes")
    assert done.returncode == 69
    assert "has no AZURE_ENV_NAME: is the environment deployed" in done.stderr


def test_a_person_is_asked_before_each_step_and_may_say_no(shell: Shell) -> None:
    said = typed(shell, "n\n" * 3)
    assert "questions with your own rights? This leaves" in said
    assert "Open a console in the gateway" in said
    assert f"Write it to {shell.file}?" in said
    assert "Nothing was written." in said
    assert not shell.file.exists()
    assert Why.DECLINED in said
    assert not any(each[:2] == ["containerapp", "exec"] for each in shell.az.asked)


def typed(shell: Shell, keys: str) -> str:
    """Return the terminal's output while a user types."""
    ours, theirs = pty.openpty()
    environment = {**shell.variables, "COLUMNS": "400", "TERM": "dumb"}
    process = subprocess.Popen(
        shell.command(), cwd=PROJECT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    os.write(ours, keys.encode())
    said = b""
    try:
        while more := os.read(ours, 65536):
            said += more
    except OSError:  # the command has ended
        pass
    finally:
        process.wait()
        os.close(ours)
    assert process.returncode == 0, said.decode()
    return said.decode()


def test_a_sandbox_starts_with_what_azure_answered(reported: Reported, tmp_path: Path) -> None:
    other = next(each for each in QUESTIONS if each.name == "vault-missing")
    assert reported.done.returncode == 0
    assumed, otherwise = other.answers[:2]
    file, state = tmp_path / "report.md", tmp_path / "state"
    answer = f"\n{other.name}="
    file.write_text(reported.page.replace(f"{answer}{assumed}", f"{answer}{otherwise}"))
    options = ("--endpoints", "--assume-from", str(file))
    started = keyless(state, "up", "--detach", "--port", "0", *options)
    try:
        assert started.returncode == 0, started.stderr
        assert f"assumptions about Azure: {other.name}={otherwise}" in started.stdout
        said = keyless(state, "assumptions", "--from", str(file), "--json").stdout
    finally:
        keyless(state, "down")
    found = next(each for each in json.loads(said) if each["name"] == other.name)
    assert (found["assumed"], found["told"], found["reported"]) == (assumed, otherwise, otherwise)


def test_an_answer_that_is_said_and_reported_otherwise_is_a_contradiction(tmp_path: Path) -> None:
    first = QUESTIONS[0]
    file = tmp_path / "report.md"
    file.write_text(f"```keyless-answers\nformat 1\n{first.name}={first.answers[0]}\n```\n")
    other = f"--assume={first.name}={first.answers[1]}"
    for command in ("up", "demo"):
        done = keyless(tmp_path / "state", command, "--assume-from", str(file), other)
        assert done.returncode == 64
        assert "given twice, with different answers" in done.stderr


@pytest.mark.parametrize("command", [["assumptions", "--from"], ["up", "--assume-from"]])
def test_a_foreign_file_is_one_sentence(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n")
    done = keyless(tmp_path / "state", *command, str(tmp_path / "notes.md"))
    assert done.returncode == 64
    assert "notes.md is not a report: it has no line ```keyless-answers" in done.stderr
    assert done.stderr.count("\n") == 1
