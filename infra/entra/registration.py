"""Bring the registration into its declared state through Microsoft Graph.

https://learn.microsoft.com/graph/api/application-upsert
https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.entra.graph import Graph, Json, Stop

DECLARED = Path(__file__).with_name("catalog.json")
# The variable with the object id of each possible holder in catalog.json.
ROLE_HOLDERS = {"gateway": "GATEWAY_PRINCIPAL_ID", "developer": "DEVELOPER_PRINCIPAL_ID"}


class Registration:
    """One environment's registration. `say` is called with each change."""

    def __init__(self, graph: Graph, environment: str, say: Callable[[str], None]) -> None:
        """Raises Stop without a valid environment name."""
        if not re.fullmatch(r"[A-Za-z0-9-]{2,12}", environment):
            raise Stop("AZURE_ENV_NAME must be 2 to 12 letters, digits and hyphens.")
        self._graph = graph
        self._say = say
        self._declared = _filled(json.loads(DECLARED.read_text()), "environment", environment)
        self._name = self._declared["uniqueName"]
        self._path = f"/applications(uniqueName='{self._name}')"
        self._api: Json = {}

    def apply(self) -> str:
        """Create or update the application and its service principal; return the application id.

        Raises Refused or Stop, as do all methods.
        """
        found = self._graph.find(self._path) or self._make()
        app_id: str = found["appId"]
        wanted = _filled(self._declared["application"], "appId", app_id)
        if not holds(found, wanted):
            self._mend(found, wanted)
        self._api = self._service_principal(app_id)
        return app_id

    def grant(self, ids: Mapping[str, str]) -> None:
        """Assign each role to its declared holders, by `ids`, and remove it from all others."""
        path = f"/servicePrincipals/{self._api['id']}/appRoleAssignedTo"
        there = self._graph.ask("GET", f"{path}?$top=999")["value"]
        for role in self._declared["application"]["appRoles"]:
            names = self._declared["heldBy"].get(role["value"], ())
            wanted = {ids[name]: name for name in names if ids.get(name)}
            held = {each["principalId"]: each for each in there if each["appRoleId"] == role["id"]}
            for who in wanted.keys() - held.keys():
                given = {"resourceId": self._api["id"], "appRoleId": role["id"]}
                self._graph.patiently("POST", path, {"principalId": who, **given})
                self._say(f"{wanted[who]} ({who}) now holds {role['value']}.")
            for who in held.keys() - wanted.keys():
                self._graph.ask("DELETE", f"{path}/{held[who]['id']}")
                self._say(f"{held[who]['principalDisplayName']} ({who}) lost {role['value']}.")

    def remove(self) -> None:
        """Delete it permanently: otherwise its name stays taken while it can be restored."""
        found = self._graph.find(self._path)
        if found is None:
            self._say(f"There is no application {self._name}.")
            return
        self._graph.ask("DELETE", f"/applications/{found['id']}")
        self._graph.patiently("DELETE", f"/directory/deletedItems/{found['id']}")
        self._say(f"Deleted the application {self._name}.")

    def _make(self) -> Json:
        """Create a minimal application: its URI contains its id, and other parts refer to that."""
        declared = self._declared["application"]
        bare = {name: declared[name] for name in ("displayName", "signInAudience")}
        self._graph.ask("PATCH", self._path, bare, "Prefer=create-if-missing")
        self._say(f"Created the application {self._name}.")
        return self._graph.patiently("GET", self._path)

    def _mend(self, found: Json, wanted: Json) -> None:
        """Update the application, its scope first: Graph preauthorizes only for existing scopes."""
        api = {key: value for key, value in wanted["api"].items() if not key.startswith("preAuth")}
        if not holds(found.get("api"), api):
            self._graph.patiently("PATCH", self._path, {**wanted, "api": api})
        self._graph.patiently("PATCH", self._path, wanted)
        self._say(f"Updated the application {self._name} to its declaration.")

    def _service_principal(self, app_id: str) -> Json:
        path, wanted = f"/servicePrincipals(appId='{app_id}')", self._declared["servicePrincipal"]
        found = self._graph.find(path)
        if found is None:
            found = self._graph.patiently("POST", "/servicePrincipals", {"appId": app_id, **wanted})
            self._say("Created its service principal.")
        elif not holds(found, wanted):
            self._graph.ask("PATCH", path, wanted)
            self._say("Updated its service principal to its declaration.")
        return found


def holds(found: Any, wanted: Any) -> bool:
    """Return whether `found` includes `wanted`, in any order, with additions by Graph."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(name in found and holds(found[name], each) for name, each in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(
            any(holds(one, each) for one in found) for each in wanted
        )
    return bool(found == wanted)


def _filled(value: Any, word: str, text: str) -> Any:
    """Return `value` with {word} replaced in each text."""
    return json.loads(json.dumps(value).replace(f"{{{word}}}", text))
