"""The Dockerfiles' promises: pinned, small, not as root, and built by Azure's builder as well."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sandbox.state import PROJECT
from sandbox.supervisor.remote_services import IDENTITY_PORT, SERVICE_PORT
from tests.containers.compose import SERVICES
from tests.containers.dockerfiles import build_context, stages, words
from tests.containers.images import BASE

HADOLINT = Path(sys.executable).with_name("hadolint")
OF_SERVICES = {service: PROJECT / "services" / service / "Dockerfile" for service in SERVICES}
OTHERS = [PROJECT / "sandbox/Dockerfile", PROJECT / "local/identity_endpoint/Dockerfile"]
ALL = [*OF_SERVICES.values(), *OTHERS]
_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)
# Unknown to Docker's older builder, which Azure Container Registry still uses.
_NEWER = re.compile(r"^# *syntax|--mount|--chmod|--link|<<", re.MULTILINE)

each_image = pytest.mark.parametrize("path", ALL, ids=[each.parent.name for each in ALL])


def pins(lock: str) -> dict[str, str]:
    """The packages that a lock file names, with their versions."""
    return dict(_PIN.findall((PROJECT / "requirements" / lock).read_text()))


@each_image
def test_hadolint_has_nothing_to_say(path: Path) -> None:
    done = subprocess.run([HADOLINT, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_hadolint_would_say_it(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:latest\nRUN apt-get install gcc\n")
    command = [HADOLINT, tmp_path / "Dockerfile"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "DL3007" in done.stdout


@each_image
def test_an_image_is_based_on_one_version_and_runs_as_nobody(path: Path) -> None:
    found = stages(path)
    assert {each.base for each in found} == {BASE}
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", BASE)
    assert found[-1].last("USER") == "10001:10001"
    assert len(found) > 1


@each_image
def test_the_base_may_come_from_a_registry_of_ones_own(path: Path) -> None:
    own = "registry.example.com/python:3.13.14"
    assert {each.base for each in stages(path, BASE_IMAGE=own)} == {own}


@each_image
def test_packages_are_installed_by_their_hashes(path: Path) -> None:
    installs = [
        each.value
        for stage in stages(path)
        for each in stage.instructions
        if each.name == "RUN" and " install " in each.value and "pip " in each.value
    ]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]


@each_image
def test_azures_builder_can_build_it(path: Path) -> None:
    """It has no BuildKit, and azd gives it no target: https://github.com/Azure/acr/issues/721."""
    assert _NEWER.findall(path.read_text()) == []
    assert stages(path)[-1].name == ""


def test_the_services_images_differ_by_their_names_alone() -> None:
    texts = {path.read_text().replace(name, "NAME") for name, path in OF_SERVICES.items()}
    assert len(texts) == 1


@each_image
def test_an_image_listens_where_it_is_expected(path: Path) -> None:
    ports = stages(path)[-1].last("EXPOSE").split()
    expected = IDENTITY_PORT if path in OTHERS else SERVICE_PORT
    assert str(expected) in ports
    config = path.with_name("gunicorn.conf.py")
    assert not config.exists() or f'bind = "0.0.0.0:{expected}"' in config.read_text()


@each_image
def test_what_is_copied_is_in_the_builds_context(path: Path) -> None:
    context = build_context()
    for stage in stages(path):
        for each in stage.instructions:
            if each.name == "COPY" and "--from=" not in each.value:
                for source in words(each.value)[:-1]:
                    bare = source.removesuffix("/")
                    assert any(known == bare or known.startswith(f"{bare}/") for known in context)


def test_the_builds_context_is_what_the_images_need() -> None:
    found = build_context()
    assert {each.split("/")[0] for each in found} == {
        "bench",
        "cli",
        "infra",
        "local",
        "requirements",
        "sandbox",
        "services",
    }
    of_infra = {each for each in found if each.startswith("infra/")}
    assert {each for each in of_infra if not each.endswith(".py")} == {
        "infra/bicep/sandbox.snapshot.json",
        "infra/entra/catalog.json",
    }
    # `report` and `rehearse` import these.
    assert {"infra/azure_cli.py", "infra/azd/events.py", "infra/rehearsal/plan.py"} <= of_infra
    assert [
        each for each in found if "node_modules" in each or each.endswith((".md", ".pyc"))
    ] == []


def test_the_services_lock_is_the_run_locks_and_holds_nothing_of_the_sandbox() -> None:
    services, everything = pins("services.txt"), pins("run.txt")
    assert services.items() <= everything.items()
    groups = tomllib.loads((PROJECT / "pyproject.toml").read_text())["dependency-groups"]
    assert set(groups["services"]) <= services.keys()
    assert {"aiohttp", "python-qpid-proton", "typer", "trustme"} & services.keys() == set()


def test_the_services_lock_is_complete() -> None:
    """Whatever a package of it needs on this machine is in it, too."""
    services = pins("services.txt")
    for name in services:
        for each in needed(name):
            assert each in services, f"{name} needs {each}"


def needed(package: str) -> Iterator[str]:
    """The packages that an installed one cannot do without here; none if it is not installed."""
    with suppress(metadata.PackageNotFoundError):
        for each in map(Requirement, metadata.requires(package) or ()):
            if each.marker is None or each.marker.evaluate({"extra": ""}):
                yield canonicalize_name(each.name)
