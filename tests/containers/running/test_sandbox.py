"""The compose file, run: images built as the Dockerfiles say, in namespaces for containers."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.compose import SERVICES, compose, services
from tests.containers.deployed import deployed
from tests.containers.engine import Container, Engine, wait_until, wait_until_ended
from tests.containers.images import Builder
from tests.containers.networks import Networks
from tests.containers.photos import send_a_photo

pytestmark = pytest.mark.timeout(900)

USER = 10001
GALLERY = 8080
_OPEN = "import sys; open(sys.argv[1]).read()"
_WRITE = "import sys; open(sys.argv[1], 'w')"
_BENCHES = """
import subprocess, sys
from bench.alone import alone
def bench():
    command = [sys.executable, "-m", "cli", "bench", "--quick", "--only", "rbac"]
    print(subprocess.run(command, stdout=subprocess.DEVNULL).returncode)
with alone():
    bench()
bench()
"""
_UNCOMPILED = """
import os, sys, {}
specs = [each.__spec__ for each in sys.modules.values() if getattr(each, "__spec__", None)]
sources = [each for each in specs if each.has_location and each.origin.endswith(".py")]
print(*(each.name for each in sources if not os.path.exists(each.cached)))
"""


@pytest.fixture(scope="module")
def engine(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """`docker compose up`: the sandbox and the services, each healthy."""
    work, found = tmp_path_factory.mktemp("compose"), services()
    members = {name: each["networks"] for name, each in found.items()}
    with (
        Networks(compose()["networks"], members).up() as networks,
        Engine(work, builder, networks, found).up() as running,
    ):
        yield running


def gallery(engine: Engine) -> str:
    """Return the address of the published port."""
    return f"http://{engine.networks.address('sandbox', 'front')}:{GALLERY}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_startup_probe_has_room_at_azures_size(engine: Engine, name: str) -> None:
    """The first, before any request: it has used only the cost of its start."""
    container, azure = engine.containers[name], deployed()[name]
    start = container.limits.seconds_of_a_processor / azure.cpus
    assert start < azure.startup / 2
    assert container.limits.most_memory < azure.memory / 2


@pytest.mark.parametrize("name", ["sandbox", *SERVICES])
def test_no_start_compiles_what_the_image_holds(engine: Engine, name: str) -> None:
    module = "cli.up" if name == "sandbox" else f"services.{name}.app"
    result = engine.containers[name].run("python", "-c", _UNCOMPILED.format(module))
    assert (result.returncode, result.stdout.split()) == (0, []), result.stderr


def test_a_photo_goes_through_all_four(engine: Engine, tmp_path: Path) -> None:
    assert send_a_photo(engine, gallery(engine), tmp_path)["state"] == "processed"


def test_the_sandbox_tells_how_the_services_are(engine: Engine) -> None:
    result = engine.containers["sandbox"].run("python", "-m", "cli", "status", "--json")
    assert result.returncode == 0, result.stderr
    found = {each["name"]: each for each in json.loads(result.stdout)["services"]}
    assert {each["state"] for each in found.values()} == {"ready"}
    assert {name: each["url"] for name, each in found.items()} == {
        service: f"http://{service}:8000" for service in SERVICES
    }


@pytest.mark.parametrize("name", ["sandbox", *SERVICES])
def test_a_container_runs_as_nobody_and_changes_nothing(engine: Engine, name: str) -> None:
    container = engine.containers[name]
    status = Path(f"/proc/{container.pid}/status").read_text().splitlines()
    fields = dict(line.split(":\t", 1) for line in status if ":\t" in line)
    assert fields["Uid"].split() == [str(USER)] * 4
    assert {int(fields[each], 16) for each in ("CapEff", "CapPrm", "CapBnd", "CapInh")} == {0}
    assert fields["NoNewPrivs"] == "1"
    assert "Read-only file system" in container.run("python", "-c", _WRITE, "/app/own").stderr
    assert container.run("python", "-c", _WRITE, "/tmp/own").returncode == 0  # noqa: S108


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_reads_what_is_for_it_and_cannot_change_it(engine: Engine, name: str) -> None:
    container, volume = engine.containers[name], engine.volume(name)
    files = {each.name: each.stat() for each in volume.iterdir()}
    assert set(files) == {"ca.pem", "settings", "surroundings"}
    assert {stat.S_IMODE(each.st_mode) for each in files.values()} == {0o400}
    assert {each.st_uid for each in [*files.values(), volume.stat()]} == {USER}
    own = f"/environments/{name}/surroundings"
    assert container.run("python", "-c", _OPEN, own).returncode == 0
    for other in {*SERVICES} - {name}:
        error = container.run("python", "-c", _OPEN, f"/environments/{other}/surroundings").stderr
        assert "No such file" in error
    assert "Read-only file system" in container.run("rm", "-f", own).stderr


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_holds_no_pip_and_no_cli(engine: Engine, name: str) -> None:
    found = engine.containers[name].run("sh", "-c", "ls /packages/bin; command -v az")
    assert "gunicorn" in found.stdout
    assert not {"pip", "pip3", "az"} & set(found.stdout.split())


def test_a_sandbox_that_crashes_is_known_to_the_services_again(
    engine: Engine, tmp_path: Path
) -> None:
    """They got ports and secrets once, and are not restarted."""
    before = {each: engine.containers[each].pid for each in SERVICES}
    engine.restart("sandbox")
    wait_until(engine.containers["sandbox"], "healthy")
    assert send_a_photo(engine, gallery(engine), tmp_path, 1)["state"] == "processed"
    assert {each: engine.containers[each].pid for each in SERVICES} == before


def test_what_it_says_leads_there_from_the_host(engine: Engine) -> None:
    sandbox = engine.containers["sandbox"]
    assert "✓ all ready after" in sandbox.log.read_text()
    assert f"s: http://127.0.0.1:{GALLERY}\n" in sandbox.log.read_text()
    assert "docker compose exec sandbox python -m cli sign-in CODE" in output_of(sandbox, "sign-in")


@pytest.mark.parametrize("command", ["check", "test"])
def test_what_needs_the_whole_project_is_not_for_there(engine: Engine, command: str) -> None:
    assert "needs the whole project" in output_of(engine.containers["sandbox"], command)


def test_beside_a_bench_another_says_so_and_the_sandbox_stays(engine: Engine) -> None:
    sandbox = engine.containers["sandbox"]
    result = sandbox.run("python", "-c", _BENCHES)
    assert result.stdout.split() == ["69", "0"], result.stderr
    assert "another bench is running here" in result.stderr
    assert sandbox.run("python", "-m", "cli", "status").returncode == 0


def test_after_down_inside_it_no_service_reads_healthy(engine: Engine) -> None:
    """The last: it ended on request, so that nothing restarts it."""
    assert {engine.containers[each].health.state for each in SERVICES} == {"healthy"}
    output_of(engine.containers["sandbox"], "down")  # which ends with its container
    wait_until_ended(engine.containers["sandbox"])
    for each in SERVICES:
        wait_until(engine.containers[each], "unhealthy")


def output_of(container: Container, command: str) -> str:
    done = container.run("python", "-m", "cli", command)
    return done.stdout + done.stderr
