"""The cost of a day: quantities from the snapshot and from counts, times the prices of costs.json.

`python -m tests.docs.costs` writes the table of docs/costs.md.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.state import PROJECT

PAGE = PROJECT / "docs" / "costs.md"
DATA = PROJECT / "docs" / "costs.json"
PHOTOS = (0, 1, 100, 10_000)
DAY = 86_400
MONTH = 30  # days
POLL = 0.9  # seconds; services/common/consumer.py, RECEIVE_TIMEOUT
SECRET_AGE = 480  # seconds, the shortest that services/common/vault.py keeps it
RECEIVERS = {"thumbnailer": 2, "catalog": 1, "notifier": 1}  # the queue and its dead letters, ...

_SECTION = re.compile(
    r"(?<=<!-- written by tests/docs/costs.py -->\n).*?(?=<!-- until here -->)", re.DOTALL
)


@dataclass(frozen=True)
class App:
    """A service's share in the Bicep: cores, GiB, replicas at rest, seconds woken by the clock."""

    name: str
    cores: float
    gib: float
    at_rest: int
    woken: float


@dataclass(frozen=True)
class Data:
    """costs.json, by its sections."""

    prices: Mapping[str, Any]
    free: Mapping[str, float]
    photo: Mapping[str, Any]
    assumed: Mapping[str, float]


def data() -> Data:
    """Prices, counts and assumptions."""
    read = json.loads(DATA.read_text())
    return Data(read["prices"], read["free_a_month"], read["a_photo"], read["assumed"])


def apps() -> tuple[App, ...]:
    """Return the four services as the snapshot deploys them."""
    snapshot = json.loads((PROJECT / "infra" / "bicep" / "sandbox.snapshot.json").read_text())
    found = snapshot["predictedResources"]
    return tuple(_app(each) for each in found if each["type"] == "Microsoft.App/containerApps")


def _app(resource: Mapping[str, Any]) -> App:
    template = resource["properties"]["template"]
    given = template["containers"][0]["resources"]
    rules = [each["custom"] for each in template["scale"]["rules"] or []]
    return App(
        resource["name"],
        float(given["cpu"]),
        float(given["memory"].removesuffix("Gi")),
        template["scale"]["minReplicas"],
        sum(_woken(each["metadata"]) for each in rules if each["type"] == "cron"),
    )


def _woken(cron: Mapping[str, str]) -> float:
    """Return the seconds a day between the minutes at which an hourly rule begins and ends."""
    begins, ends = (int(cron[each].split()[0]) for each in ("start", "end"))
    return 24 * 60.0 * (ends - begins)


def seconds_awake(app: App, photos: int, known: Data) -> float:
    """Return the seconds a day that one replica runs, with photos spread evenly: the dearest."""
    if app.at_rest:
        return DAY
    cooldown = known.assumed["scaler_cooldown_seconds"]
    by_clock = 24 * cooldown if app.woken else 0
    by_photos = photos * (cooldown + known.assumed["handling_seconds"])
    if app.name not in RECEIVERS:
        by_photos = 0
    return min(DAY, app.woken + by_clock + by_photos)


def seconds_active(app: App, photos: int, known: Data) -> float:
    """Return the seconds charged as active: an idle replica at its minimum is charged less."""
    awake = seconds_awake(app, photos, known)
    if not app.at_rest:
        return awake
    return min(awake, photos * known.assumed["handling_seconds"])


def compute(photos: int, known: Data, *, free: bool = False) -> float:
    """Container Apps: cores, memory and requests."""
    cores = sum(seconds_active(each, photos, known) * each.cores for each in apps())
    idle = sum(seconds_awake(each, photos, known) * each.cores for each in apps()) - cores
    gib = sum(seconds_awake(each, photos, known) * each.gib for each in apps())
    requests = photos * known.assumed["requests_a_photo"]
    if free:  # what is given free goes to the active seconds first
        left = known.free["vcpu_seconds"] / MONTH
        cores, left = max(0.0, cores - left), max(0.0, left - cores)
        idle = max(0.0, idle - left)
        gib = max(0.0, gib - known.free["gib_seconds"] / MONTH)
        requests = max(0.0, requests - known.free["requests"] / MONTH)
    prices = known.prices
    return float(
        cores * prices["vcpu_second_active"]
        + idle * prices["vcpu_second_idle"]
        + gib * prices["gib_second"]
        + requests / 1e6 * prices["million_requests"]
    )


def bus_operations(photos: int, known: Data) -> float:
    """Operations a day: messages, settling, every question of a receiver, the scaler's reads."""
    photo = known.photo
    messages = photos * (photo["messages_sent"] + 2 * photo["messages_delivered"])
    asked = sum(
        RECEIVERS.get(each.name, 0) * seconds_awake(each, photos, known) / POLL for each in apps()
    )
    return float(messages + asked + known.assumed["scaler_reads_a_day"])


def bus(photos: int, known: Data) -> float:
    """Service Bus: its hours, and the operations beyond the included ones."""
    beyond = bus_operations(photos, known) - known.prices["bus_operations_included_a_month"] / MONTH
    millions = max(0.0, beyond) / 1e6
    return float(24 * known.prices["bus_hour"] + millions * known.prices["bus_million_operations"])


def storage(photos: int, known: Data) -> float:
    """Blobs after a year: operations, a month of originals, a year of thumbnails."""
    prices, photo, assumed = known.prices, known.photo, known.assumed
    kept_gb = photos * (MONTH * assumed["original_mb"] / 1e3 + 365 * assumed["thumbnail_kb"] / 1e6)
    reads = photos * (photo["blob_reads"] + assumed["views"])
    return float(
        kept_gb * prices["blob_gb_month"] / MONTH
        + photos * photo["blob_writes"] / 1e4 * prices["blob_10k_writes"]
        + photos * assumed["views"] / 1e4 * prices["blob_10k_lists"]
        + reads / 1e4 * prices["blob_10k_reads"]
    )


def vault(photos: int, known: Data) -> float:
    """Key Vault: the notifier reads its secret at each start, and while it runs."""
    notifier = next(each for each in apps() if each.name == "notifier")
    starts = photos + seconds_awake(notifier, photos, known) / SECRET_AGE
    return float(starts / 1e4 * known.prices["vault_10k_operations"])


def logs(photos: int, known: Data, *, free: bool = False) -> float:
    """Log Analytics: the logs of the services and of the platform, and the telemetry."""
    each = known.photo["log_kb"] + known.assumed["telemetry_kb_a_photo"]
    gb = (photos * each / 1e6) + known.assumed["system_log_mb_a_day"] / 1e3
    if free:
        gb = max(0.0, gb - known.free["log_gb"] / MONTH)
    return float(gb * known.prices["log_gb"])


def rows(photos: int, known: Data, *, free: bool = False) -> dict[str, float]:
    """Return dollars a day, by resource."""
    return {
        "Service Bus, Standard": bus(photos, known),
        "Container Apps": compute(photos, known, free=free),
        "container registry, Basic": known.prices["registry_day"],
        "Log Analytics, Application Insights": logs(photos, known, free=free),
        "Blob Storage": storage(photos, known),
        "Key Vault": vault(photos, known),
        "the alert on dead letters": 2 * known.prices["alert_series_month"] / MONTH,
        "identities, roles": 0.0,
    }


def table() -> str:
    """Return the page's table."""
    return "".join(f"| {' | '.join(each)} |\n" for each in _cells(data()))


def _cells(known: Data) -> Iterator[tuple[str, ...]]:
    yield ("dollars a day", "idle", *(f"{each:,}" for each in PHOTOS[1:]))
    yield ("---", *("--:" for _ in PHOTOS))
    full = [rows(each, known) for each in PHOTOS]
    for name in full[0]:
        yield (name, *(_money(each[name]) for each in full))
    yield ("**together**", *(f"**{_money(sum(each.values()))}**" for each in full))
    less = [sum(rows(each, known, free=True).values()) for each in PHOTOS]
    yield ("with the free amounts of an empty subscription", *map(_money, less))


def _money(dollars: float) -> str:
    return "0" if dollars == 0 else "< 0.01" if dollars < 0.005 else f"{dollars:,.2f}"


def written(page: str) -> str:
    """Return the page with its table of today."""
    return _SECTION.sub(lambda _: table(), page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
