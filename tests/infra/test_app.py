"""An app as the platform sees it: the origin of its image, and the probes of its health."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infra.bicep import FOLDER, committed, expand, needs_bicep, of_type

APP = "Microsoft.App/containerApps"
DEPLOYMENT = ("--tenant-id", "7e4a4700-0000-4000-8000-000000000000", "--deployment-name", "sandbox")
# Seconds, measured on a quarter of a core; see app.bicep.
COLD_START = 10
# https://learn.microsoft.com/javascript/api/@azure/arm-appcontainers/containerappprobe
LIMITS = {
    "failureThreshold": range(1, 11),
    "periodSeconds": range(1, 241),
    "timeoutSeconds": range(1, 241),
    "initialDelaySeconds": range(1, 61),
    "successThreshold": range(1, 11),
}
App = Mapping[str, Any]
APPS = of_type(committed(), APP)

each_app = pytest.mark.parametrize("app", APPS, ids=[each["name"] for each in APPS])


def probes(app: App) -> Mapping[str, Mapping[str, Any]]:
    """By type, of which Container Apps takes one each."""
    [container] = app["properties"]["template"]["containers"]
    found = {each["type"]: each for each in container["probes"]}
    assert len(found) == len(container["probes"])
    return found


@each_app
def test_an_app_has_time_to_start_and_is_asked_whether_it_answers(app: App) -> None:
    startup = probes(app)["Startup"]
    assert startup["httpGet"]["path"] == "/healthz"
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 3 * COLD_START


@each_app
def test_an_app_that_is_busy_is_given_more_than_a_second_to_answer(app: App) -> None:
    liveness = probes(app)["Liveness"]
    assert liveness["httpGet"]["path"] == "/healthz"
    assert liveness["timeoutSeconds"] > 1


@each_app
def test_only_what_requests_are_routed_to_has_to_be_ready(app: App) -> None:
    has_ingress = app["properties"]["configuration"]["ingress"] is not None
    assert ("Readiness" in probes(app)) == has_ingress
    asked = {kind for kind, each in probes(app).items() if each["httpGet"]["path"] == "/readyz"}
    assert asked == ({"Readiness"} if has_ingress else set())


@each_app
def test_a_probe_keeps_to_what_azure_takes(app: App) -> None:
    for each in probes(app).values():
        given = {name: value for name, value in each.items() if name not in {"type", "httpGet"}}
        assert given
        assert [name for name, value in given.items() if value not in LIMITS[name]] == []


@needs_bicep
def test_an_app_names_the_registry_and_is_asked_once_it_has_an_image(tmp_path: Path) -> None:
    answers = (FOLDER / "sandbox.bicepparam").read_text().splitlines(keepends=True)
    without = "".join(line for line in answers if "gatewayImage" not in line)
    apps = {each["name"]: each for each in of_type(expand(without, tmp_path, *DEPLOYMENT), APP)}
    named = {
        name: len(each["properties"]["configuration"]["registries"]) for name, each in apps.items()
    }
    assert named == {each["name"]: int(each["name"] != "gateway") for each in APPS}
    assert [name for name, each in apps.items() if not probes(each)] == ["gateway"]
