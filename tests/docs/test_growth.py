"""The figures of docs/growth.md follow from the Bicep, the services and the counts."""

import json
from typing import Any

import pytest

from sandbox.state import PROJECT
from services.gateway import admission
from tests.docs import costs

PAGE = (PROJECT / "docs" / "growth.md").read_text()
SNAPSHOT = json.loads((PROJECT / "infra" / "bicep" / "sandbox.snapshot.json").read_text())
RESOURCES: list[dict[str, Any]] = SNAPSHOT["predictedResources"]

# Seconds of a core a photo, as the page says they were measured.
MEASURED = {"thumbnailer": 0.045, "catalog": 0.014, "notifier": 0.006, "gateway": 0.010}


def of_type(ending: str) -> list[dict[str, Any]]:
    return [each for each in RESOURCES if each["type"].endswith(ending)]


def most(service: str) -> float:
    """Return the photos a second for which all replicas of a service have the processor."""
    app = next(each for each in of_type("containerApps") if each["name"] == service)
    cores = float(app["properties"]["template"]["containers"][0]["resources"]["cpu"])
    return float(app["properties"]["template"]["scale"]["maxReplicas"] * cores / MEASURED[service])


@pytest.mark.parametrize(
    ("service", "shown"), [("thumbnailer", 33), ("catalog", 54), ("gateway", 75)]
)
def test_a_services_ceiling_is_its_replicas_by_its_measured_time(service: str, shown: int) -> None:
    assert f"| {shown} | the {service}: 3 replicas" in PAGE
    assert f"{MEASURED[service]} s" in PAGE
    assert shown == pytest.approx(most(service), rel=0.05)


def test_one_address_is_held_to_the_gateways_limit() -> None:
    assert f"| {2 * admission.PER_SECOND} of one address |" in PAGE
    assert f"{admission.PER_SECOND} a second, {admission.BURST} at once" in PAGE
    assert admission.MAX_STORING == 4
    assert "workers = 2\n" in (PROJECT / "services" / "gateway" / "gunicorn.conf.py").read_text()


def test_a_photo_takes_as_many_credits_as_messages_and_filters() -> None:
    photo = costs.data().photo
    sent, received, rules = (
        photo["messages_sent"],
        photo["messages_delivered"],
        len(of_type("/rules")),
    )
    needed = sent + received + rules
    counted = f"{sent} messages sent, {received} received, {rules} filters evaluated"
    assert f"{needed} a photo: {counted}" in PAGE
    assert f"so {1000 // needed} is the most" in PAGE


def test_a_photo_takes_as_many_requests_of_storage_as_were_counted() -> None:
    photo = costs.data().photo
    requests = photo["blob_writes"] + photo["blob_reads"]
    assert f"{requests} a photo, counted" in PAGE
    assert f"| {40_000 // requests // 100 * 100:,} | the storage account" in PAGE


def test_the_environments_cores_are_shared_by_all_services() -> None:
    together = sum(MEASURED.values())
    assert f"{together:.3f} s of a core a photo" in PAGE
    assert f"| {int(100 / together / 10) * 10:,} | the cores of the environment" in PAGE


def test_no_queue_is_given_another_size_than_the_smallest() -> None:
    sized = [
        each["name"] for each in RESOURCES if "maxSizeInMegabytes" in each.get("properties", {})
    ]
    assert sized == []
