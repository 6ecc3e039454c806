"""The pages give the code's own numbers."""

import re
from pathlib import Path
from typing import Any

import pytest

from services.catalog import app as catalog
from services.gateway import admission, images
from services.notifier import app as notifier
from services.thumbnailer import app as thumbnailer

ROOT = Path(__file__).parents[2]
DELIVERIES = 10  # infra/bicep/modules/messaging.bicep


def page(path: str) -> str:
    return (ROOT / path).read_text()


def readme(service: str) -> str:
    return page(f"services/{service}/README.md")


def span(seconds: float) -> str:
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"


@pytest.mark.parametrize(
    ("row", "service"),
    [
        ("| thumbnailer, catalog |", thumbnailer),
        ("| thumbnailer, catalog |", catalog),
        ("| notifier (the partner may be down for long) |", notifier),
    ],
)
def test_the_page_about_the_consumer_gives_each_workers_patience(row: str, service: Any) -> None:
    policy = service.RETRY_POLICY
    times = (span(policy.first), span(policy.longest), span(policy.total))
    assert f"{row} {' | '.join(times)} |" in page("docs/consumer.md")


@pytest.mark.parametrize("name", ["thumbnailer", "catalog", "notifier"])
def test_the_page_about_the_consumer_says_which_outage_is_survived(name: str) -> None:
    total = {"thumbnailer": thumbnailer, "catalog": catalog, "notifier": notifier}[
        name
    ].RETRY_POLICY
    once, all_together = span(total.total), span(DELIVERIES * total.total)
    assert f"| {name} | {DELIVERIES} times {once} = {all_together} |" in page("docs/consumer.md")
    messaging = page("infra/bicep/modules/messaging.bicep")
    counts = set(re.findall(r"maxDeliveryCount: (\d+)", messaging))
    assert counts == {str(DELIVERIES)}


def test_the_workers_readmes_give_their_patience() -> None:
    for name, service in (("thumbnailer", thumbnailer), ("notifier", notifier)):
        assert f"up to {service.RETRY_POLICY.total / 3600:g} hours" in readme(name)


def test_the_gateways_readme_gives_its_bounds() -> None:
    text = " ".join(readme("gateway").split())
    assert f"a photo of more than {images.MAX_BYTES // 1_000_000} MB" in text
    uploads, reads = admission.MAX_UPLOADS, admission.MAX_READS
    assert f"{admission.THREADS} threads, and takes {uploads} uploads and {reads} other" in text
    limit = f"{admission.BURST} uploads at once and {admission.PER_SECOND} a second in the long run"
    assert f"{limit}, in each" in text
