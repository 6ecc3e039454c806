"""What a running sandbox tells of itself, in one file of its state folder."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

from sandbox.state import State
from sandbox.supervisor.lock import holder

_FILE = "sandbox.json"


@dataclass(frozen=True)
class ServiceReport:
    """One service as it stands. `state` is starting, ready or restarting.

    `failing` are the operations that it has not proved yet, as /readyz has them.

    `ended` says why it ended last, if it did and is not ready again.
    """

    name: str
    url: str
    state: str
    restarts: int
    environment: Mapping[str, str] = field(repr=False)
    failing: tuple[str, ...] = ()
    ended: str = ""


@dataclass(frozen=True)
class SignInReport:
    """Where a person signs in, and the key that shows that they sit at this machine.

    `code` is what a person has to enter at once, since a start waits for it. `az` says which Azure
    CLI gives the services their tokens; empty where they act as themselves.
    """

    page: str
    key: str = field(repr=False)
    code: str = ""
    az: str = ""

    @property
    def address(self) -> str:
        """The page's address with all that it has to be told, but who signs in."""
        asked = {"code": self.code} if self.code else {}
        return f"{self.page}?{urlencode({**asked, 'key': self.key})}"


@dataclass(frozen=True)
class Report:
    """A running sandbox: where it is reached, and how its services are.

    `messages` are those that wait or are in hand, by queue and subscription.
    `clock` is the origin of the clock by which tokens are judged, in whole seconds.
    `assumed` is what of Azure the sandbox was told to take otherwise than by itself, by name.
    `lost` is what of the state could not be read at the start, in sentences.
    `endpoints_ready` and `services_ready` are the seconds from the start, None until then.
    `snapshot` is the digest of the deployment that it became.
    `overdue` says that the services had the time that they were given and not all were ready.
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
    overdue: bool = False
    snapshot: str = ""
    lost: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        return self.services_ready is not None

    @property
    def late(self) -> tuple[ServiceReport, ...]:
        """The services that are not ready."""
        return tuple(each for each in self.services if each.state != "ready")

    def service(self, name: str) -> ServiceReport:
        """The service called `name`. Raises KeyError, naming those that there are."""
        for each in self.services:
            if each.name == name:
                return each
        known = ", ".join(sorted(each.name for each in self.services))
        raise KeyError(f"no service is called {name!r}; choose from {known}")

    def write(self, state: State) -> None:
        state.write_json(_FILE, asdict(self))


def running(state: State) -> Report | None:
    """The sandbox that runs on `state` and has its endpoints ready, or None."""
    pid = holder(state)
    report = _written(state) if pid is not None else None
    # What a sandbox that was killed has left behind is not this one's.
    return report if report is not None and report.pid == pid else None


def forget(state: State) -> None:
    """Take the report away; the sandbox has ended."""
    state.path(_FILE).unlink(missing_ok=True)


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
    found = {"services": tuple(services), "sign_in": sign_in, "lost": tuple(raw["lost"])}
    return Report(**(raw | found))
