"""Every plane has its door, its steps and its errors, and takes the one walk."""

import ast
import inspect
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

import sandbox.supervisor.planes  # noqa: F401 - it builds every plane
from sandbox.arm import Graph, ResourceManager
from sandbox.keyvault import KeyVault
from sandbox.plane import HttpPlane, Plane
from sandbox.servicebus.administration import Administration
from sandbox.servicebus.admit import Admission
from sandbox.state import PROJECT
from sandbox.storage.plane import BlobStorage
from sandbox.telemetry.plane import Insights

SANDBOX = PROJECT / "sandbox"
ROOMS = ("arm", "keyvault", "servicebus", "storage", "telemetry")
# Service Bus walks for each link of a connection, so its steps stand beside its door; its
# management walks by itself. Microsoft Graph shares the room of Azure Resource Manager: it only
# refuses.
STEPS: dict[str, type[Any]] = {
    "sandbox.arm.graph": Graph,
    "sandbox.arm.plane": ResourceManager,
    "sandbox.keyvault.plane": KeyVault,
    "sandbox.servicebus.administration.plane": Administration,
    "sandbox.servicebus.admit": Admission,
    "sandbox.storage.plane": BlobStorage,
    "sandbox.telemetry.plane": Insights,
}
OVER_HTTP = [each for each in STEPS.values() if each is not Admission]


@cache
def modules() -> Mapping[str, ast.Module]:
    return {
        path.relative_to(SANDBOX).as_posix(): ast.parse(path.read_text())
        for path in sorted(SANDBOX.rglob("*.py"))
        if "node_modules" not in path.parts
    }


def called(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "id", "") or getattr(node.func, "attr", "")


@cache
def called_in_each() -> Mapping[str, frozenset[str]]:
    return {path: frozenset(called(module)) for path, module in modules().items()}


def planes(of: type[Any] = Plane) -> set[type[Any]]:
    direct: set[type[Any]] = {each for each in of.__subclasses__() if each is not HttpPlane}
    return direct.union(*map(planes, of.__subclasses__()))


def parameters(plane: type, step: str) -> list[str]:
    return list(inspect.signature(getattr(plane, step)).parameters)


def calls(name: str) -> set[str]:
    """The modules that call a function or a method called `name`."""
    return {path for path, called in called_in_each().items() if name in called}


def strings(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_has_its_door_and_its_errors(room: str) -> None:
    files = {path.name for path in (SANDBOX / room).glob("*.py")}
    assert {"plane.py", "errors.py"} <= files
    assert {"name.py"} <= files or room == "telemetry"  # it has one operation
    assert not files & {"refusal.py", "refusals.py", "decide.py", "gateway.py", "vault.py"}


def test_there_are_no_planes_but_these() -> None:
    found = {each for each in planes() if each.__module__.startswith("sandbox.")}
    assert {each.__module__: each for each in found} == STEPS


@pytest.mark.parametrize("step", ["authenticate", "name", "decide", "deny", "label"])
@pytest.mark.parametrize("plane", STEPS.values())
def test_a_step_has_the_same_signature_in_each_plane(plane: type, step: str) -> None:
    assert parameters(plane, step) == parameters(Plane, step)


@pytest.mark.parametrize("step", ["serve", "render"])
@pytest.mark.parametrize("plane", OVER_HTTP)
def test_serving_has_the_same_signature_in_each_plane_over_http(plane: type, step: str) -> None:
    assert parameters(plane, step) == parameters(HttpPlane, step)
    assert inspect.iscoroutinefunction(getattr(plane, step))


def test_the_order_of_the_steps_is_written_once() -> None:
    assert calls("permit") == {
        "walk.py",
        "storage/plane.py",
        "storage/serve_batch.py",
        "storage/source_rights.py",
        "servicebus/admit.py",
        "faults/consistency.py",
    }
    assert calls("walk") >= {"walk.py", "storage/plane.py"}
    assert {path for path in calls("authenticate") if "/" not in path} == {"walk.py"}


def test_the_gate_decides_in_the_walk_and_where_a_link_is_kept_or_the_page_deploys() -> None:
    assert calls("admit") == {
        "page/on_record.py",
        "plane.py",
        "servicebus/links.py",
        "servicebus/nodes.py",
    }
    deciding = {each for each in STEPS.values() if each.decide is not Plane.decide}
    # The one has no control plane; the other has operations that it does not offer.
    assert deciding == {ResourceManager, BlobStorage}


def test_there_is_one_refusal() -> None:
    named = {
        path: node.name
        for path, module in modules().items()
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef) and node.name in {"Refusal", "Refused"}
    }
    assert named == {"refusal.py": "Refusal"}


def test_the_authorization_header_is_taken_apart_in_one_place() -> None:
    reading = {
        path
        for path, module in modules().items()
        if "Authorization" in strings(module) and not path.startswith("supervisor/")
    }
    for path in reading:
        source = (SANDBOX / path).read_text()
        apart = {"partition(" + blank for blank in ('" "', "' '")} | {'split(" "', '"Bearer "'}
        assert not [each for each in apart if each in source], path
    assert calls("scheme_and_token") == {"entra/verifier.py", "storage/authenticate.py"}
    assert calls("bearer_token") == {
        "arm/graph.py",
        "arm/plane.py",
        "keyvault/authenticate.py",
        "servicebus/administration/plane.py",
        "telemetry/plane.py",
    }


def test_the_contract_has_the_walk_between_the_planes_and_the_gate() -> None:
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (
        each["layers"] for each in contracts["contracts"] if each.get("containers") == ["sandbox"]
    )
    (rooms,) = (each for each in layers if "keyvault" in each)
    assert set(ROOMS) <= set(rooms.split(" | "))
    below = layers[layers.index(rooms) :]
    assert below[1:4] == ["walk", "plane", "audit"]
    # Assumptions about Azure are resolved when a sandbox is built: no plane can import them.
    assert layers.index("assumptions") < layers.index(rooms)


def test_the_walk_can_be_read_in_one_go() -> None:
    assert len((SANDBOX / "walk.py").read_text().splitlines()) <= 75
