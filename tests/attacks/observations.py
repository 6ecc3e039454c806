"""Everything that a running sandbox shows: its processes, files, answers and secrets."""

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.state import State
from tests.attacks.inspection import Process, tree
from tests.conftest import Running


@dataclass
class Observations:
    """Observations of one sandbox from its start to its end."""

    state: State
    titles: list[str] = field(default_factory=list)
    environments: list[Mapping[str, str]] = field(default_factory=list)
    opened: list[tuple[str, int]] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    secrets: dict[str, tuple[str, set[str]]] = field(default_factory=dict, repr=False)
    holders: dict[str, set[str]] = field(default_factory=dict)
    exposed: set[str] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict, repr=False)

    def look(self, pid: int) -> None:
        """At every process and every file, while they all run."""
        for each in tree(pid):
            with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
                self._look_at(each)
        for path in filter(Path.is_file, self.state.root.rglob("*")):
            with suppress(FileNotFoundError):  # a draft, which has its name by now
                self.files[str(path.relative_to(self.state.root))] = path.read_bytes()

    def _look_at(self, process: Process) -> None:
        self.titles.append(process.title)
        self.environments.append(process.environment)
        self.opened += process.open_files()
        self.sockets += process.named_sockets()
        self.ports += process.listens_on()


def collect(sandbox: Running, seen: Observations) -> None:
    """Collect every secret of the sandbox, and the files that may hold it."""
    for each in sandbox.report.services:
        secret = each.environment["IDENTITY_HEADER"]
        files = {"sandbox.json", "identity-headers.json"}  # the latter outlives a run
        seen.secrets[f"the identity header of {each.name}"] = secret, files
    state = sandbox.state
    key = json.loads(state.path("partner.json").read_text())["key"]
    seen.secrets["the signing key of the webhooks"] = key.removeprefix("whsec_"), {"partner.json"}
    sealed = base64.b64encode(state.path("vault.key").read_bytes()).decode()
    seen.secrets["the vault's key"] = sealed, set()
    for name in ("entra-signing-key.pem", "edge.pem"):
        lines = state.path(name).read_text().splitlines()
        seen.secrets[name] = lines[2], {name}
    accounts = {each.get("AZURITE_ACCOUNTS", "") for each in seen.environments} - {""}
    seen.secrets["Azurite's key"] = accounts.pop().partition(":")[2], set()
    forked = [each for each in tree(sandbox.report.pid) if each.is_forked]
    for what, (secret, _) in seen.secrets.items():
        seen.holders[what] = {each.name for each in forked if each.holds(secret.encode())}
