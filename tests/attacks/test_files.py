"""A sandbox after traffic and refusals: nothing is open to others, and no secret out of place."""

import os
import subprocess
import sys

import pytest

from sandbox.audit import FILE
from sandbox.deployment import load
from sandbox.guard.fork_server import GUARD
from sandbox.state import PROJECT, State
from sandbox.supervisor import running
from tests.attacks.inspection import LOOPBACK, OTHERS, open_to_others
from tests.attacks.observations import Observations, collect
from tests.attacks.traffic import traffic
from tests.conftest import Running, keyless

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
# Of 64 bytes base64 and 32 bytes base64url, there is no shorter one.
_SHORTEST = 30


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Observations:
    """Observe a sandbox under an umask that hides nothing: its own modes keep its files private."""
    folder = tmp_path_factory.mktemp("watched")
    command = [sys.executable, "-m", "cli", "up", "--detach", "--port", "0"]
    environment = {**os.environ, "KEYLESS_STATE": str(folder)}
    with open_to_others(folder) as exposed:
        folder.chmod(0o700)
        exposed.clear()
        started = subprocess.run(command, cwd=PROJECT, env=environment, umask=0, check=False)
        assert started.returncode == 0
        sandbox = Running(State.open(folder))
        seen = Observations(sandbox.state, exposed=exposed)
        try:
            traffic(sandbox, seen)
            seen.look(sandbox.report.pid)
            collect(sandbox, seen)
        finally:
            keyless(folder, "down")
    assert running(seen.state) is None
    return seen


def test_nothing_is_open_to_others_at_any_time(seen: Observations) -> None:
    assert seen.exposed == set()
    assert {"audit.jsonl", "bus.db", "vault.db", "sandbox.json", "sandbox.log"} <= seen.files.keys()


def test_no_process_keeps_a_file_that_is_open_to_others(seen: Observations) -> None:
    """Theirs are in the state folder, or have no name at all, as gunicorn's heartbeats."""
    state = str(seen.state.root)
    own = [(name, mode) for name, mode in seen.opened if name.startswith((state, "/tmp"))]  # noqa: S108
    assert any(name.endswith("-wal") for name, _ in own)
    assert [name for name, mode in own if mode & OTHERS] == []
    assert [name for name in seen.sockets if not name.startswith(state)] == []


def test_every_port_is_on_loopback(seen: Observations) -> None:
    # Azurite, the proxy, AMQP, the identity endpoint, the gallery, and four services.
    assert len(seen.ports) >= 9
    assert set(seen.ports) == {LOOPBACK}


def test_no_secret_is_in_a_file_that_is_not_its_own(seen: Observations) -> None:
    assert len(seen.secrets) == len(load(seen.state).apps) + 7  # each app's header, and the rest
    for what, (secret, meant) in seen.secrets.items():
        assert len(secret) > _SHORTEST, what
        holders = {name for name, content in seen.files.items() if secret.encode() in content}
        assert holders == meant, what
    logs = {name for name in seen.files if name.endswith(".log")}
    assert len(logs) >= 5
    for name in (FILE, *logs):
        assert b"eyJ" not in seen.files[name], name


def test_no_secret_is_in_the_title_of_a_process(seen: Observations) -> None:
    assert sum("fork_server" in each for each in seen.titles) >= 13
    for what, (secret, _) in seen.secrets.items():
        assert not any(secret in each for each in seen.titles), what


def test_each_process_is_given_its_own_secrets_only(seen: Observations) -> None:
    for what, (secret, _) in seen.secrets.items():
        given = [each for each in seen.environments if secret in "\n".join(each.values())]
        if what == "Azurite's key":
            assert given
            assert all("AZURITE_ACCOUNTS" in each for each in given)
        else:
            assert given == [], what


def test_each_forked_service_holds_its_own_secrets_only(seen: Observations) -> None:
    """Its guard holds them, too. The fork server, from which all others come, holds none."""
    known = {each.name for each in load(seen.state).services}
    for what, holders in seen.holders.items():
        kind, _, service = what.rpartition(" of ")
        if kind == "the identity header" and service in known:
            assert holders == {service, GUARD}
        elif what == "the signing key of the webhooks":
            assert holders <= {"notifier"}
        else:
            # The gallery, which is the gateway, was sent each token.
            assert holders <= ({service, "gateway"} if kind == "the token" else set()), what


def test_no_secret_is_in_the_text_of_a_refusal(seen: Observations) -> None:
    assert len(seen.answers) > 60
    for what, (secret, _) in seen.secrets.items():
        # The header of a token is what Key Vault names an unknown key by, as Azure does.
        parts = secret.split(".")[1:] or [secret]
        for part in parts:
            assert not any(part in each for each in seen.answers), what
    assert not any("Traceback" in each for each in seen.answers)
