"""A stand-in of Microsoft Graph, and of the `az` that forwards `az rest` to it.

It holds applications, service principals and role assignments, refuses the requests that Graph
refuses, and remembers all. That the real ones agree was not tried.
"""

import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask, Response, request
from werkzeug.serving import make_server

Json = dict[str, Any]

AZ = """#!{python}
import json, sys, urllib.error, urllib.request
program, *arguments = sys.argv
assert arguments[0] == "rest", arguments
given, name = {{"--headers": []}}, ""
for each in arguments[1:]:
    if each.startswith("--"):
        name = each
        given.setdefault(name, "")
    elif name == "--headers":
        given[name].append(each)
    else:
        given[name] = each
known = {{"--method", "--url", "--body", "--headers", "--output", "--only-show-errors"}}
assert set(given) <= known, given
prefix = "https://graph.microsoft.com/v1.0"
assert given["--url"].startswith(prefix), given["--url"]
headers = dict(each.split("=", 1) for each in given["--headers"])
body = given["--body"].encode() if "--body" in given else None
url = "{url}" + given["--url"][len(prefix):]
asked = urllib.request.Request(url, body, headers, method=given["--method"])
try:
    with urllib.request.urlopen(asked) as answer:
        print(answer.read().decode(), end="")
except urllib.error.HTTPError as error:
    print(f"ERROR: {{error.reason.title()}}({{error.read().decode()}})", file=sys.stderr)
    sys.exit(1)
"""


class GraphError(Exception):
    """An error as Graph words it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def not_found(what: str) -> GraphError:
    return GraphError(404, "Request_ResourceNotFound", f"Resource '{what}' does not exist.")


def bad(message: str) -> GraphError:
    return GraphError(400, "Request_BadRequest", message)


@dataclass
class StandIn:
    """The tenant's objects. For `spreading` requests, a new object is unknown."""

    applications: dict[str, Json] = field(default_factory=dict)
    principals: dict[str, Json] = field(default_factory=dict)
    assignments: dict[str, Json] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    denied: frozenset[str] = frozenset()
    spreading: int = 0

    @property
    def writes(self) -> list[str]:
        return [each for each in self.asked if not each.startswith("GET ")]

    def upsert(self, name: str, wanted: Json, create: bool) -> Json | None:
        """PATCH by the unique name: the new application, or None for a changed one."""
        found = self.applications.get(name)
        if found is None and not create:
            raise not_found(name)
        made = found is None
        found = found or {"id": str(uuid4()), "appId": str(uuid4()), "uniqueName": name}
        _check(found, wanted)
        api = {**found.get("api", {"knownClientApplications": []}), **wanted.get("api", {})}
        self.applications[name] = {**found, **wanted, "api": api}
        return self.applications[name] if made else None

    def service_principal(self, wanted: Json) -> Json:
        app_ids = {each["appId"] for each in self.applications.values()}
        if wanted["appId"] not in app_ids or self._still_spreading():
            raise bad(f"The appId '{wanted['appId']}' references no valid application object.")
        if any(each["appId"] == wanted["appId"] for each in self.principals.values()):
            raise GraphError(409, "Request_MultipleObjectsWithSameKeyValue", "There is one.")
        made = {"id": str(uuid4()), **wanted}
        self.principals[made["id"]] = made
        return made

    def assign(self, resource_id: str, wanted: Json) -> Json:
        if self._still_spreading():
            raise not_found(wanted["principalId"])
        assert wanted.keys() == {"principalId", "resourceId", "appRoleId"}
        assert wanted["resourceId"] == resource_id in self.principals
        app_id = self.principals[resource_id]["appId"]
        [app] = [each for each in self.applications.values() if each["appId"] == app_id]
        if wanted["appRoleId"] not in {each["id"] for each in app["appRoles"]}:
            raise bad("Permission being assigned was not found on application.")
        for each in self.assignments.values():
            if wanted.items() <= each.items():
                raise bad("Permission being assigned already exists on the object.")
        made = {"id": str(uuid4()), "principalDisplayName": "its name", **wanted}
        self.assignments[made["id"]] = made
        return made

    def _still_spreading(self) -> bool:
        self.spreading -= 1
        return self.spreading >= 0


def _check(found: Json, wanted: Json) -> None:
    """Return Graph's refusal of an application."""
    own = {f"api://{found['appId']}", f"api://tenant/{found['appId']}"}
    if not set(wanted.get("identifierUris", ())) <= own:
        raise bad("The URI holds no unique tenant identifier.")
    known = {each["id"] for each in found.get("api", {}).get("oauth2PermissionScopes", ())}
    for client in wanted.get("api", {}).get("preAuthorizedApplications", ()):
        if not set(client["delegatedPermissionIds"]) <= known:
            raise bad("A pre-authorized application is given a scope that does not exist.")


def application(graph: StandIn) -> Flask:
    """Graph's resources, as far as the registration asks for them."""
    app = Flask(__name__)

    @app.before_request
    def seen() -> None:
        graph.asked.append(f"{request.method} {request.path}")
        if request.method in graph.denied:
            message = "Insufficient privileges to complete the operation."
            raise GraphError(403, "Authorization_RequestDenied", message)

    @app.errorhandler(GraphError)
    def refused(error: GraphError) -> tuple[Json, int]:
        return {"error": {"code": error.code, "message": str(error)}}, error.status

    @app.get("/applications(uniqueName='<name>')")
    def of_name(name: str) -> Json:
        if name not in graph.applications:
            raise not_found(name)
        return graph.applications[name]

    @app.patch("/applications(uniqueName='<name>')")
    def upsert(name: str) -> tuple[Json, int] | Response:
        create = request.headers.get("Prefer") == "create-if-missing"
        made = graph.upsert(name, request.get_json(), create)
        return (made, 201) if made else Response(status=204)

    @app.delete("/applications/<object_id>")
    def delete(object_id: str) -> Response:
        [name] = [n for n, each in graph.applications.items() if each["id"] == object_id]
        del graph.applications[name]
        graph.deleted.append(object_id)
        return Response(status=204)

    @app.delete("/directory/deletedItems/<object_id>")
    def delete_for_good(object_id: str) -> Response:
        graph.deleted.remove(object_id)
        return Response(status=204)

    @app.get("/servicePrincipals(appId='<app_id>')")
    def of_app(app_id: str) -> Json:
        for each in graph.principals.values():
            if each["appId"] == app_id:
                return each
        raise not_found(app_id)

    @app.patch("/servicePrincipals(appId='<app_id>')")
    def change(app_id: str) -> Response:
        of_app(app_id).update(request.get_json())
        return Response(status=204)

    @app.post("/servicePrincipals")
    def make() -> tuple[Json, int]:
        return graph.service_principal(request.get_json()), 201

    @app.get("/servicePrincipals/<resource_id>/appRoleAssignedTo")
    def holders(resource_id: str) -> Json:
        held = [each for each in graph.assignments.values() if each["resourceId"] == resource_id]
        return {"value": held}

    @app.post("/servicePrincipals/<resource_id>/appRoleAssignedTo")
    def assign(resource_id: str) -> tuple[Json, int]:
        return graph.assign(resource_id, request.get_json()), 201

    @app.delete("/servicePrincipals/<resource_id>/appRoleAssignedTo/<assignment>")
    def take(resource_id: str, assignment: str) -> Response:
        del graph.assignments[assignment]
        return Response(status=204)

    return app


@contextmanager
def on_path(graph: StandIn, folder: Path) -> Iterator[Mapping[str, str]]:
    """An environment in which `az rest` asks the stand-in, and there is nothing else on PATH."""
    server = make_server("127.0.0.1", 0, application(graph))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    az = folder / "az"
    az.write_text(AZ.format(python=sys.executable, url=f"http://127.0.0.1:{server.port}"))
    az.chmod(0o755)
    try:
        yield {"PATH": str(folder), "NO_PROXY": "127.0.0.1", "HOME": os.environ.get("HOME", "")}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def copy(value: Any) -> Any:
    """As it is now, whatever becomes of it."""
    return json.loads(json.dumps(value))
