"""A container beside the sandbox's, in whose network Azure's own names lead there."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from sandbox.state import PROJECT
from tests.conftest import keyless
from tests.containers.networks import Networks

PAGE = PROJECT / "docs" / "your-containers.md"
_WITHIN = 110.0
# A process of root without any capability: a container's port below 1024 is free to bind.
_UNPRIVILEGED = ["setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
_SNAPSHOT = PROJECT / "tests" / "sandbox" / "testing" / "orders.snapshot.json"
_CLIENTS = """
import os
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.servicebus.exceptions import ServiceBusError
from azure.storage.blob import BlobServiceClient

credential = DefaultAzureCredential()
account = BlobServiceClient("https://stcontosoorders.blob.core.windows.net", credential)
blob = account.get_blob_client("orders", "by-name")
vault = SecretClient("https://kv-contoso.vault.azure.net", credential)

def bus(opened, used):
    namespace = "sbns-contoso.servicebus.windows.net"
    with ServiceBusClient(namespace, credential, retry_total=0) as client:
        with getattr(client, opened)("new-orders") as link:
            return used(link)

def send():
    bus("get_queue_sender", lambda sender: sender.send_messages(ServiceBusMessage("by name")))

def receive():
    bus("get_queue_receiver", lambda receiver: receiver.peek_messages())

def read():
    blob.download_blob().readall()

def write():
    blob.upload_blob(b"written", overwrite=True)

def secret():
    vault.get_secret("greeting")

for step in (write, read, send, receive, secret):
    try:
        step()
        print(step.__name__, "allowed")
    except (HttpResponseError, ServiceBusError) as error:
        print(step.__name__, getattr(error, "status_code", None) or type(error).__name__)
print(sorted(name for name in os.environ if name.upper().endswith("_PROXY")))
"""


_SECRET = """
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

vault = SecretClient("https://kv-contoso.vault.azure.net", DefaultAzureCredential())
try:
    print(vault.get_secret("greeting").value)
except HttpResponseError as error:
    print(error.status_code)
"""


@dataclass(frozen=True)
class Together:
    """The sandbox and containers of one network, with a folder of environments."""

    networks: Networks
    environments: Path
    names: Mapping[str, Path]

    def run(self, container: str, identity: str, command: list[str]) -> str:
        """Run a program in `container` under an identity, as the page's entrypoint does."""
        done = self._run_as(container, identity, command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fails(self, container: str, identity: str, command: list[str]) -> str:
        """Run a program in the same way that has to fail; return its errors."""
        done = self._run_as(container, identity, command)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def _run_as(
        self, container: str, identity: str, command: list[str]
    ) -> "subprocess.CompletedProcess[str]":
        folder = self.environments / identity
        script = f'. {folder}/settings; . {folder}/identity; exec "$@"'
        return self._run(container, ["sh", "-ec", script, "sh", *command])

    def start(self, container: str, command: list[str], **variables: str) -> list[str]:
        """Return the command that runs another in `container`, with no capability."""
        mounted = f'mount --bind {self.names[container]} /etc/hosts; exec "$@"'
        enter = ["ip", "netns", "exec", self.networks.namespace(container)]
        given = [f"{name}={value}" for name, value in variables.items()]
        clean = ["env", "--ignore-environment", f"PATH={os.environ['PATH']}", *given]
        apart = [*enter, "unshare", "--mount", "sh", "-ec", mounted, "sh"]
        return [*apart, *_UNPRIVILEGED, *clean, *command]

    def _run(self, container: str, command: list[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.start(container, command),
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
            timeout=_WITHIN,
        )


def aliases(state: Path) -> list[str]:
    """Return the output of `./keyless names --json` for the page's `aliases`."""
    given = ("--json", "--snapshot", str(_SNAPSHOT))
    found: list[str] = json.loads(keyless(state, "names", *given).stdout)
    return found


@pytest.fixture(scope="module")
def together(as_root: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Together]:
    work = tmp_path_factory.mktemp("by-name")
    members = {"sandbox": ["default"], "worker": ["default"]}
    with Networks({"default": None}, members).up() as networks:
        names = aliases(work / "state")
        lines = "".join(f"{networks.address('sandbox', 'default')} {each}\n" for each in names)
        found = {name: work / f"{name}.hosts" for name in members}
        for name, path in found.items():
            path.write_text(networks.hosts(name) + lines)
        environments = work / "environments"
        environments.mkdir()
        one = Together(networks, environments, found)
        with running(one, work):
            yield one


@contextmanager
def running(one: Together, work: Path) -> Iterator[None]:
    here = one.networks.namespace("sandbox")
    free = ["sysctl", "--quiet", "--write", "net.ipv4.ip_unprivileged_port_start=0"]
    subprocess.run(["ip", "netns", "exec", here, *free], check=True)
    up = [sys.executable, "-m", "cli", "up", "--endpoints", "--snapshot", str(_SNAPSHOT)]
    up += ["--listen", "sandbox", "--environments", str(one.environments)]
    log = work / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            one.start("sandbox", up, KEYLESS_STATE=str(work / "state")),
            cwd=PROJECT,
            stdout=file,
            stderr=file,
        )
    try:
        until = time.monotonic() + _WITHIN
        while not (one.environments / "worker" / "identity").exists():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        yield
    finally:
        keyless(work / "state", "down")
        process.wait(60)
    assert "under Azure's names" not in log.read_text()


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("identity", "said"),
    [
        (
            "web",
            "write allowed, read allowed, send allowed, receive NO_LINK, secret allowed",
        ),
        (
            "worker",
            "write 403, read allowed, send NO_LINK, receive allowed, secret 403",
        ),
    ],
)
def test_plain_clients_are_allowed_and_refused_by_their_roles(
    together: Together, identity: str, said: str
) -> None:
    found = together.run("worker", identity, [sys.executable, "-c", _CLIENTS])
    *steps, proxies = found.splitlines()
    assert ", ".join(steps) == said.replace("NO_LINK", "ServiceBusAuthorizationError")
    assert proxies == "[]"


def test_a_program_in_another_language_trusts_the_file(together: Together) -> None:
    get = '-o /dev/null -w "%{http_code}" https://stcontosoorders.blob.core.windows.net'
    command = ["sh", "-ec", f"curl --silent --show-error {get}"]
    assert together.run("worker", "worker", command) == "409"


def applied(together: Together, snapshot: str) -> str:
    """Apply a snapshot from standard input, as `docker compose exec -T sandbox` does."""
    return executed(together, "apply", "--snapshot", "-", given=snapshot)


@pytest.mark.timeout(240)
def test_a_role_changes_while_the_containers_run(together: Together) -> None:
    said = applied(together, _without_role_on("greeting"))
    assert "revoked   web: Key Vault Secrets User on secrets/greeting" in said
    assert together.run("worker", "web", [sys.executable, "-c", _SECRET]) == "403\n"
    assert "granted   web" in applied(together, _SNAPSHOT.read_text())
    assert together.run("worker", "web", [sys.executable, "-c", _SECRET]) == "good morning\n"


@pytest.mark.timeout(240)
def test_settings_faults_and_the_summary_are_reached_in_the_container(together: Together) -> None:
    clients = [sys.executable, "-c", _CLIENTS]
    assert "token-lifetime  10m" in executed(together, "set", "--token-lifetime", "10m")
    assert "vault-503" in executed(together, "fault", "vault-503", "--on", "web")
    assert "secret 503" in together.run("worker", "web", clients)
    assert "has ended" in executed(together, "fault", "--end")
    assert "secret allowed" in together.run("worker", "web", clients)
    assert "vault-503" in executed(together, "trace", "--summary", "--json")
    assert "token-lifetime  24h" in executed(together, "set", "--token-lifetime", "24h")


def executed(together: Together, *arguments: str, given: str = "") -> str:
    """Run a command beside the sandbox, as `docker compose exec sandbox` does."""
    state = together.environments.parent / "state"
    done = subprocess.run(
        together.start(
            "sandbox", [sys.executable, "-m", "cli", *arguments], KEYLESS_STATE=str(state)
        ),
        cwd=PROJECT,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=_WITHIN,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _without_role_on(resource: str) -> str:
    """Return the snapshot without its role assignments on a resource of this name."""
    snapshot = json.loads(_SNAPSHOT.read_text())
    snapshot["predictedResources"] = [
        each
        for each in snapshot["predictedResources"]
        if f"/{resource}/providers/Microsoft.Authorization/" not in each["id"]
    ]
    return json.dumps(snapshot)


def test_the_names_are_those_that_the_sandbox_serves(together: Together) -> None:
    state = together.environments.parent / "state"
    written = json.loads((state / "names.json").read_text())
    assert written["hosts"] == aliases(state)
    assert written["ports"] == {"443": 443, "5671": 5671}


def test_the_sandbox_is_healthy_without_a_service(together: Together) -> None:
    """By the page's health check."""
    command = [sys.executable, "-m", "cli", "status", "--endpoints"]
    state = str(together.environments.parent / "state")
    healthy = together.start("sandbox", command, KEYLESS_STATE=state)
    done = subprocess.run(healthy, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_pages_compose_file_is_one(tmp_path: Path) -> None:
    text = PAGE.read_text().partition("```yaml\n")[2].partition("```")[0]
    assert len(text.splitlines()) <= 20
    path = tmp_path / "docker-compose.yml"
    path.write_text(text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    services = YAML(typ="safe").load(text)["services"]
    reads = services["worker"]["entrypoint"][2]
    assert reads == '. /environments/worker/settings; . /environments/worker/identity; exec "$$@"'
