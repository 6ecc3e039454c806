"""The report of a running sandbox, in one file of its state folder."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

from sandbox.deployment import withdraw
from sandbox.lock import holder
from sandbox.state import State

NOT_STARTED = "not started"
# Seconds until services that are not ready are reported as overdue.
PATIENCE = 25.0
_FILE = "sandbox.json"


@dataclass(frozen=True)
class ServiceReport:
    """One app. `state` is starting, ready, restarting, or not started, and then it has no `url`.

    `failing` are the operations that /readyz lists as not yet proved.

    `ended` is the reason of its last crash, also once it is ready again.
    """

    name: str
    url: str
    state: str
    restarts: int
    environment: Mapping[str, str] = field(repr=False)
    failing: tuple[str, ...] = ()
    ended: str = ""

    @property
    def keeps_ending(self) -> str:
        """The reason of its last crash; empty once it is ready again."""
        return "" if self.state == "ready" else self.ended


@dataclass(frozen=True)
class SignInReport:
    """The sign-in page, and the key that proves access to this machine.

    `code` is a device code that a start is waiting for. `az` is the Azure CLI that gives the
    services their tokens; empty where they act as themselves.
    """

    page: str
    key: str = field(repr=False)
    code: str = ""
    az: str = ""

    @property
    def address(self) -> str:
        """The page's address, with the key and the code."""
        query = {"code": self.code} if self.code else {}
        return f"{self.page}?{urlencode({**query, 'key': self.key})}"


@dataclass(frozen=True)
class ControlReport:
    """The address of the control channel, and the key that it asks for."""

    address: str
    key: str = field(repr=False)


@dataclass(frozen=True)
class PageReport:
    """The page that shows identities at work: its address, which ends with its key."""

    root: str
    key: str = field(repr=False)

    @property
    def address(self) -> str:
        """The address for a browser."""
        return f"{self.root}/{self.key}/"


@dataclass(frozen=True)
class FaultReport:
    """A fault in force, the caller that it is limited to, and its end (ISO 8601, UTC)."""

    name: str
    on: str
    ends: str


@dataclass(frozen=True)
class Report:
    """A running sandbox: its addresses, and the state of its services.

    `amqp_port` is 0 without a namespace. `messages` counts active and locked messages, by queue
    and subscription, whose paths begin with the namespace's name if there are several.
    `clock` is the origin of the clock for tokens, in whole seconds.
    `assumed` are the assumptions about Azure that differ from the default, by name.
    `settings` are those that differ from the default, by name, as on the command line.
    `lost` has a sentence for each part of the state that could not be read at the start.
    `faults` are those in force.
    `endpoints_ready` and `services_ready` are the seconds from the start, None until then.
    `snapshot` is the digest of the deployment that the sandbox was started from.
    `shell_proxy` is the proxy of the user's shells, with the key that it wants.
    `overdue` is set if not all services were ready within the time limit.
    `moved` has a sentence for each port that another program has taken since the last start.
    `entities` has a sentence for each entity of Service Bus that the management API has changed.
    `azurite_ended` is the reason of Azurite's last crash.
    `control` and `page` are None in the report of a version without them.
    """

    pid: int
    gallery: str
    proxy: str
    amqp_port: int
    ca: str
    messages: Mapping[str, int]
    dead_letters: Mapping[str, int]
    azurite_restarts: int
    services: tuple[ServiceReport, ...]
    sign_in: SignInReport
    endpoints_ready: float | None = None
    services_ready: float | None = None
    clock: int = 0
    assumed: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    overdue: bool = False
    snapshot: str = ""
    shell_proxy: str = field(default="", repr=False)
    lost: tuple[str, ...] = ()
    control: ControlReport | None = None
    page: PageReport | None = None
    moved: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    faults: tuple[FaultReport, ...] = ()
    azurite_ended: str = ""

    @property
    def ready(self) -> bool:
        return self.services_ready is not None

    @property
    def late(self) -> tuple[ServiceReport, ...]:
        """The services that have been started and are not ready."""
        settled = {"ready", NOT_STARTED}
        return tuple(each for each in self.services if each.state not in settled)

    def service(self, name: str) -> ServiceReport:
        """Return the service called `name`. Raises KeyError, with all known names."""
        for each in self.services:
            if each.name == name:
                return each
        known = ", ".join(sorted(each.name for each in self.services))
        raise KeyError(f"no service is called {name!r}; choose from {known}")

    def write(self, state: State) -> None:
        state.write_json(_FILE, asdict(self))


OnReport = Callable[[Report], None]


def running(state: State) -> Report | None:
    """Return the report of the sandbox on `state` once its endpoints are ready, else None."""
    pid = holder(state)
    report = _written(state) if pid is not None else None
    # Another process id means that a killed sandbox left the report behind.
    return report if report is not None and report.pid == pid else None


def forget(state: State) -> None:
    """Delete the report of a sandbox that has ended, and its deployment."""
    state.path(_FILE).unlink(missing_ok=True)
    withdraw(state)


def _written(state: State) -> Report | None:
    try:
        raw = state.read_json(_FILE)
        return _parse(raw) if raw else None
    except (ValueError, TypeError, LookupError):
        return None


def _parse(raw: dict[str, Any]) -> Report:
    services = [
        ServiceReport(**(each | {"failing": tuple(each["failing"])})) for each in raw["services"]
    ]
    sign_in = SignInReport(**raw["sign_in"])
    found: dict[str, Any] = {"services": tuple(services), "sign_in": sign_in}
    found |= {name: tuple(raw.get(name, ())) for name in ("lost", "moved", "entities")}
    if control := raw.get("control"):
        found["control"] = ControlReport(**control)
    if page := raw.get("page"):
        found["page"] = PageReport(**page)
    found["faults"] = tuple(FaultReport(**each) for each in raw.get("faults", ()))
    return Report(**(raw | found))
