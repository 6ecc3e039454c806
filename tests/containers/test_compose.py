"""The promises of docker-compose.yml, read as compose reads it, without an engine."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.identity_endpoint.hand_over import ADDRESS
from local.identity_endpoint.settings import Settings as OfTheEndpoint
from sandbox.deployment import load
from sandbox.state import PROJECT, State
from sandbox.supervisor.remote_services import IDENTITY_PORT, PROXY_PORT, SERVICE_PORT
from services.gateway.settings import Settings
from tests.containers.compose import (
    FILE,
    SANDBOX_AS_AZURE,
    SERVICES,
    Service,
    compose,
    overridden,
    services,
)
from tests.containers.deployed import deployed
from tests.containers.dockerfiles import stages
from tests.containers.limits import Limits

DEFAULT, AZURE = services(), services("azure")
ALL = DEFAULT | AZURE
OF_SERVICES = {name: each for name, each in ALL.items() if name.removeprefix("azure-") in SERVICES}

each_container = pytest.mark.parametrize("name", ALL)
each_service = pytest.mark.parametrize("name", OF_SERVICES)


def mounts(container: Service) -> dict[str, tuple[str, str]]:
    """Volume to target and options."""
    parts = [each.split(":") for each in container.get("volumes", [])]
    return {source: (target, ",".join(options)) for source, target, *options in parts}


def environment_volume(name: str) -> str:
    """The volume in which a service finds what it has to know."""
    [volume] = mounts(ALL[name])
    return volume


@pytest.mark.parametrize(("wrong", "status"), [("", 0), ("cap_dropped: [ALL]", 1)])
def test_the_file_is_of_the_compose_specification(tmp_path: Path, wrong: str, status: int) -> None:
    path = tmp_path / FILE.name
    path.write_text(FILE.read_text().replace("cap_drop: [ALL]", wrong or "cap_drop: [ALL]"))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    files = [str(path), str(SANDBOX_AS_AZURE)]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout


def test_without_a_profile_it_is_the_sandbox_and_the_services() -> None:
    assert set(DEFAULT) == {"sandbox", *SERVICES}
    assert set(AZURE) == {"azure-identity", *(f"azure-{service}" for service in SERVICES)}


@each_container
def test_a_container_has_no_rights_to_speak_of(name: str) -> None:
    container = ALL[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["mem_limit"]
    assert container["cpus"]
    assert container["pids_limit"]
    assert container["restart"]
    assert all(each.startswith("/tmp:size=") for each in container["tmpfs"])  # noqa: S108
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "user", "network_mode"} & set(
        container
    )


@each_service
def test_a_service_has_the_size_that_it_has_on_azure(name: str) -> None:
    limits, azure = Limits.of(name, ALL[name]), deployed()[name.removeprefix("azure-")]
    assert (limits.cpus, limits.memory) == (azure.cpus, azure.memory)


@pytest.mark.parametrize("name", AZURE)
def test_the_sandbox_can_take_azures_place_for_every_container_of_the_profile(name: str) -> None:
    found, own = overridden(AZURE, SANDBOX_AS_AZURE)[name], AZURE[name]
    assert found["environment"].items() >= own.get("environment", {}).items()
    assert found["environment"]["HTTPS_PROXY"] == f"http://sandbox:{PROXY_PORT}"
    assert found["depends_on"].items() >= own.get("depends_on", {}).items()
    assert found["depends_on"]["sandbox"] == {"condition": "service_healthy"}
    assert mounts(found).items() >= mounts(own).items()
    assert {*overridden(DEFAULT, SANDBOX_AS_AZURE)["sandbox"]["networks"]} >= {
        *DEFAULT["sandbox"]["networks"],
        *(f"azure-{service}" for service in SERVICES),
    }


@each_container
def test_no_container_is_reached_from_another_machine(name: str) -> None:
    published = ALL[name].get("ports", [])
    assert all(each.startswith("127.0.0.1:") for each in published)
    assert bool(published) == (name in {"sandbox", "azure-gateway"})


def test_both_galleries_have_a_port_of_their_own() -> None:
    first, second = (
        each["ports"][0].split(":")[1] for each in (ALL["sandbox"], ALL["azure-gateway"])
    )
    assert first != second
    moved = services(variables={"GALLERY_PORT": "9000"})["sandbox"]["ports"]
    assert moved == ["127.0.0.1:9000:8080"]


def test_the_sandbox_is_told_what_to_assume_of_azure_and_the_services_are_not() -> None:
    values = services(variables={"KEYLESS_ASSUME": "blob-missing=existence"})
    assert values["sandbox"]["environment"]["KEYLESS_ASSUME"] == "blob-missing=existence"
    assert DEFAULT["sandbox"]["environment"]["KEYLESS_ASSUME"] == ""
    assert "KEYLESS_ASSUME" not in str([values[each] for each in SERVICES])


def test_the_sandbox_knows_how_a_person_reaches_it() -> None:
    values = services(variables={"GALLERY_PORT": "9000"})["sandbox"]
    assert values["environment"]["KEYLESS_GALLERY"] == "http://127.0.0.1:9000"
    assert values["ports"] == ["127.0.0.1:9000:8080"]
    command = values["environment"]["KEYLESS_COMMAND"].split()
    assert command == ["docker", "compose", "exec", "sandbox", "python", "-m", "cli"]
    assert "sandbox" in DEFAULT


@each_container
def test_nothing_of_the_host_is_mounted(name: str) -> None:
    declared = compose()["volumes"]
    assert set(mounts(ALL[name])) <= set(declared)
    assert all(not (options or {}) for options in declared.values())


def test_the_sign_in_is_in_one_container_alone() -> None:
    holders = [name for name, each in ALL.items() if "azure-sign-in" in mounts(each)]
    assert holders == ["azure-identity"]


@each_service
def test_what_a_service_has_to_know_is_read_by_its_own_container_alone(name: str) -> None:
    volume, service = environment_volume(name), name.removeprefix("azure-")
    writer = "azure-identity" if name.startswith("azure-") else "sandbox"
    assert {each for each, container in ALL.items() if volume in mounts(container)} == {
        name,
        writer,
    }
    assert mounts(ALL[name])[volume] == (f"/environments/{service}", "ro,nocopy")
    assert mounts(ALL[writer])[volume] == (f"/environments/{service}", "")


@each_service
def test_a_service_is_started_as_by_its_image_after_it_has_been_told(name: str) -> None:
    service = name.removeprefix("azure-")
    shell, options, script = ALL[name]["command"]
    *values, last = script.strip().splitlines()
    assert (shell, options) == ("sh", "-ec")
    folder = f"/environments/{service}"
    assert values == [f". {folder}/settings", f". {folder}/surroundings"]
    image = stages(PROJECT / ALL[name]["build"]["dockerfile"])[-1]
    assert shlex.split(last) == ["exec", *json.loads(image.last("CMD"))]


@each_service
def test_a_service_waits_for_who_gives_it_tokens(name: str) -> None:
    needed = "azure-identity" if name.startswith("azure-") else "sandbox"
    assert ALL[name]["depends_on"][needed] == {"condition": "service_healthy"}


def test_whoever_starts_the_gateway_on_azure_starts_everything() -> None:
    needed = set(AZURE["azure-gateway"]["depends_on"])
    assert needed == set(AZURE) - {"azure-gateway"}


def test_the_bicep_is_not_repeated(tmp_path: Path) -> None:
    """Neither by a variable's name nor by its value; but for the catalog, which is elsewhere."""
    apps = load(State.open(tmp_path)).apps
    values = {name: value for app in apps for name, value in app.environment.items()}
    names_set = [name for each in OF_SERVICES.values() for name in each.get("environment", {})]
    assert names_set == ["CATALOG_ENDPOINT"]
    words = set(FILE.read_text().replace('"', " ").replace("'", " ").split())
    names = {*SERVICES, "none"}  # a subscription is called as its service is
    assert {value for value in values.values() if value not in names} & words == set()


def test_the_gateway_takes_the_catalogs_name_for_an_address(tmp_path: Path) -> None:
    found = AZURE["azure-gateway"]["environment"]
    app = load(State.open(tmp_path)).app("gateway")
    settings = Settings({**app.environment, **found})
    assert settings.catalog == f"http://azure-catalog:{SERVICE_PORT}"
    shared = set(AZURE["azure-gateway"]["networks"]) & set(AZURE["azure-catalog"]["networks"])
    assert len(shared) == 1


def test_the_endpoint_is_where_the_services_are_told_and_is_told_what_it_reads() -> None:
    address = urlsplit(ADDRESS)
    assert (address.hostname, address.port) == ("azure-identity", IDENTITY_PORT)
    given: dict[str, Any] = dict.fromkeys(AZURE["azure-identity"]["environment"], "[]")
    assert OfTheEndpoint.load(given).services == {service: {} for service in SERVICES}
    assert set(AZURE["azure-identity"]["environment"].values()) == {""}


def test_the_sandbox_is_called_what_it_listens_as() -> None:
    command = json.loads(stages(PROJECT / "sandbox/Dockerfile")[-1].last("CMD"))
    assert command[command.index("--listen") + 1] == DEFAULT["sandbox"]["hostname"] == "sandbox"
    port = command[command.index("--port") + 1]
    assert DEFAULT["sandbox"]["ports"][0].endswith(f":{port}")
