"""A revision of an app, and why it does not start.

States: https://learn.microsoft.com/rest/api/resource-manager/containerapps/container-apps-revisions
That page does not list all that Azure answers: ActivationFailed and runningStateDetails were
reported (microsoft/azure-container-apps#1219), and so were Activating, ScaledToZero and
RunningAtMaxScale. So an unknown state is not a failure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PROVISIONING = {
    "Failed": "its provisioning failed",
    "Deprovisioning": "Azure is removing it",
    "Deprovisioned": "Azure has removed it",
}
_RUNNING = {
    "Failed": "it failed to run",
    "ActivationFailed": "no replica became ready in time",
    "Degraded": "some of its replicas do not run",
    "Stopped": "it was stopped",
}


@dataclass(frozen=True)
class Revision:
    """One revision: `error` is of its provisioning, `details` are of its running state."""

    name: str
    active: bool = True
    provisioning: str = ""
    running: str = ""
    health: str = ""
    error: str = ""
    details: str = ""

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "Revision":
        """Read an item of `az containerapp revision list`."""
        given = found["properties"]
        return cls(
            name=found["name"],
            active=bool(given.get("active")),
            provisioning=given.get("provisioningState") or "",
            running=given.get("runningState") or "",
            health=given.get("healthState") or "",
            error=given.get("provisioningError") or "",
            details=given.get("runningStateDetails") or "",
        )

    @property
    def states(self) -> str:
        """Azure's states, for people: `Provisioned, Processing, Unhealthy`."""
        states = (self.provisioning, self.running, self.health)
        return ", ".join(each for each in states if each not in {"", "None"}) or "no state"

    @property
    def failure(self) -> str:
        """Why it does not start: the state, its meaning, and Azure's message."""
        for state, meanings in ((self.provisioning, _PROVISIONING), (self.running, _RUNNING)):
            if state in meanings:
                return _joined(f"{meanings[state]} ({state})", self.error, self.details)
        return _joined(self.error, self.details) if self.error else ""


def _joined(*parts: str) -> str:
    return ": ".join(each.strip().rstrip(".") for each in parts if each.strip())
