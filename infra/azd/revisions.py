"""The revision of an app as the control plane tells of it, and why one does not come up.

States: https://learn.microsoft.com/rest/api/resource-manager/containerapps/container-apps-revisions
That page does not list all that Azure answers: ActivationFailed and runningStateDetails were
reported (microsoft/azure-container-apps#1219), and so were Activating, ScaledToZero and
RunningAtMaxScale. So a state that is not known here is no failure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PROVISIONING = {
    "Failed": "its provisioning failed",
    "Deprovisioning": "Azure is taking it away",
    "Deprovisioned": "Azure has taken it away",
}
_RUNNING = {
    "Failed": "it failed to run",
    "ActivationFailed": "no replica got ready in the time that a new revision has",
    "Degraded": "some of its replicas do not run",
    "Stopped": "it was stopped",
}


@dataclass(frozen=True)
class Revision:
    """One revision: `error` is of its provisioning, `details` are of how it runs."""

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
        """What Azure calls it, for people: `Provisioned, Processing, Unhealthy`."""
        told = (self.provisioning, self.running, self.health)
        return ", ".join(each for each in told if each not in {"", "None"}) or "no state"

    @property
    def failure(self) -> str:
        """Why it does not come up by itself: the state, what it means, and Azure's own words."""
        for state, meanings in ((self.provisioning, _PROVISIONING), (self.running, _RUNNING)):
            if state in meanings:
                return _joined(f"{meanings[state]} ({state})", self.error, self.details)
        return _joined(self.error, self.details) if self.error else ""


def _joined(*parts: str) -> str:
    return ": ".join(each.strip().rstrip(".") for each in parts if each.strip())
