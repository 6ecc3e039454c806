"""A stand-in for the Azure CLI with the commands that this project prints.

    az login --use-device-code
    az account get-access-token --output json (--resource R | --scope S) [--tenant T]
    az role assignment create|list|delete
    az role definition list

The `az` script in the state folder runs it (`python -I fake_az.py ARGUMENT...`). It imports nothing
of the sandbox, and reaches it as the Azure CLI does: by the proxy and CA file in its environment.
"""

import argparse
import json
import os
import re
import sys
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import requests
from msal import PublicClientApplication
from msal_extensions import FilePersistence, PersistedTokenCache

_AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
_AUTHORITY = "https://login.microsoftonline.com/organizations"
_MANAGEMENT = "https://management.core.windows.net/"
# Without both, a sign-in could go to real Azure, or into the user's own profile.
_NEEDED = ("AZURE_CONFIG_DIR", "HTTPS_PROXY")
_CACHE = "stand_in_token_cache.json"
_ARM, _GRAPH = "https://management.azure.com", "https://graph.microsoft.com"
_ROLES = "providers/Microsoft.Authorization"
_VERSION, _SUBSCRIPTIONS = "2022-04-01", "2022-12-01"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TIMEOUT = 60
_COLUMNS = {
    "assignment": {"Principal": "principalName", "Role": "roleDefinitionName", "Scope": "scope"},
    "definition": {"Name": "roleName", "Type": "roleType", "Id": "name"},
}

Json = Mapping[str, Any]


class _WholeFile(FilePersistence):  # type: ignore[misc] # its package has no types
    """A file that is replaced whole: an SDK runs several az at once, and none reads it empty."""

    def save(self, content: str) -> None:
        draft = Path(f"{self.get_location()}.{os.getpid()}.draft")
        draft.write_text(content, "utf-8")
        draft.replace(self.get_location())


def main(arguments: list[str]) -> None:
    """Run the command in `arguments`, or fail with a message that this is a stand-in."""
    os.umask(0o077)
    asked = _parser().parse_args(arguments)
    for name in _NEEDED:
        if not os.environ.get(name):
            _fail(f"{name} is not set: this stand-in signs in to Keyless's sandbox alone.")
    path = Path(os.environ["AZURE_CONFIG_DIR"]) / _CACHE
    cache = PersistedTokenCache(_WholeFile(str(path)))
    if asked.command != "login" and not path.exists():
        _fail("Please run 'az login' to setup account.")
    app = PublicClientApplication(_AZURE_CLI, authority=_AUTHORITY, token_cache=cache)
    if asked.command == "login":
        _login(app)
    elif asked.command == "account":
        _get_access_token(app, asked.scope or f"{asked.resource}/.default")
    else:
        _print(asked, Roles(app, asked).run())


def _login(app: PublicClientApplication) -> None:
    flow = app.initiate_device_flow([f"{_MANAGEMENT}/.default"])
    if "message" not in flow:
        _fail(flow.get("error_description", "no device code was given"))
    print(flow["message"], file=sys.stderr, flush=True)
    for account in app.get_accounts():
        app.remove_account(account)
    _checked(app.acquire_token_by_device_flow(flow))


class Roles:
    """`az role`: its requests are those of the Azure CLI, in the same order."""

    def __init__(self, app: PublicClientApplication, asked: argparse.Namespace) -> None:
        self._app = app
        self._asked = asked
        self._tokens: dict[str, str] = {}

    def run(self) -> Any:
        """Run the command, and return its output."""
        asked = self._asked
        return {
            ("assignment", "create"): self._create,
            ("assignment", "list"): self._list,
            ("assignment", "delete"): self._delete,
            ("definition", "list"): self._definitions,
        }[asked.kind, asked.verb]()

    def _create(self) -> Json:
        asked, scope = self._asked, self._asked.scope
        if bool(asked.assignee) == bool(asked.assignee_object_id):
            _fail("usage error: --assignee STRING | --assignee-object-id GUID")
        principal, kind = self._assignee(), asked.assignee_principal_type
        properties = {
            "roleDefinitionId": self._role_id(scope),
            "principalId": principal,
            "principalType": kind,
            "description": asked.description,
        }
        body = {"properties": {key: value for key, value in properties.items() if value}}
        name = asked.name or uuid.uuid4()
        made = self._arm("PUT", f"{scope}/{_ROLES}/roleAssignments/{name}", json=body)
        if made.status_code == 409:  # the Azure CLI, too, shows the one that exists
            return next(self._found(scope, principal))
        return _flat(_succeeded(made))

    def _list(self) -> Sequence[Json]:
        asked = self._asked
        if asked.all and (asked.scope or asked.resource_group):
            _fail("group or scope are not required when --all is used")
        scope = "" if asked.all else self._scope()
        found = list(self._found(scope, self._assignee()))
        roles = {each["id"]: each["roleName"] for each in self._roles(scope or self._subscription)}
        for each in found:
            named = {"roleDefinitionName": roles.get(each["roleDefinitionId"]), "principalName": ""}
            each.update(named)
        return found

    def _delete(self) -> None:
        asked = self._asked
        narrowing = (asked.ids, asked.assignee, asked.assignee_object_id, asked.role)
        if not any((*narrowing, asked.scope, asked.resource_group)):
            _fail(
                "Please provide at least one of these arguments: --ids, --assignee, "
                "--assignee-object-id, --role, --resource-group, --scope"
            )
        ids = asked.ids or [each["id"] for each in self._found(self._scope(), self._assignee())]
        if not ids:
            _fail("No matched assignments were found to delete")
        for each in ids:
            _succeeded(self._arm("DELETE", each))

    def _definitions(self) -> list[Json]:
        asked = self._asked
        found = self._roles(self._scope(), "" if _is_guid(asked.name) else asked.name or "")
        return [
            each
            for each in found
            if asked.name in {None, each["name"], each["roleName"]}
            and (asked.custom_role_only != "true" or each["roleType"] == "CustomRole")
        ]

    def _found(self, scope: str, principal: str) -> Iterator[dict[str, Any]]:
        """Yield the assignments at `scope`, or above it; all of the subscription's without one."""
        filtered = "atScope()" if scope else f"principalId eq '{principal}'" if principal else ""
        path = f"{scope or self._subscription}/{_ROLES}/roleAssignments"
        role = self._role_id(scope) if self._asked.role else ""
        for each in map(_flat, self._values(path, filtered)):
            inherited = scope and each["scope"].lower() != scope.lower()
            if inherited and not getattr(self._asked, "include_inherited", False):
                continue
            if _is(role, each["roleDefinitionId"]) and _is(principal, each["principalId"]):
                yield each

    def _roles(self, scope: str, name: str = "") -> list[dict[str, Any]]:
        quoted = name.replace("'", "''")
        filtered = f"roleName eq '{quoted}'" if name else ""
        found = self._values(f"{scope}/{_ROLES}/roleDefinitions", filtered)
        return [{**_flat(each), "roleType": each["properties"]["type"]} for each in found]

    def _role_id(self, scope: str) -> str:
        role = self._asked.role
        if role.lower().startswith("/subscriptions/"):
            return str(role)
        if _is_guid(role):
            return f"{self._subscription}/{_ROLES}/roleDefinitions/{role}"
        found = self._roles(scope or self._subscription, role)
        if not found:
            known = [each["roleName"] for each in self._roles(scope or self._subscription)]
            _fail(f"Role '{role}' doesn't exist.{_whole_name(role, known)}")
        return str(found[0]["id"])

    def _assignee(self) -> str:
        """Return the object id of the assignee, which Graph is asked for; empty without one."""
        asked = self._asked
        if asked.assignee_object_id or not asked.assignee:
            return asked.assignee_object_id or ""
        query = {"$filter": f"servicePrincipalNames/any(c:c eq '{asked.assignee}')"}
        answer = self._send("GET", f"{_GRAPH}/v1.0/servicePrincipals", params=query)
        if answer.ok and answer.json()["value"]:
            return str(answer.json()["value"][0]["id"])
        _warn(
            f"Failed to query {asked.assignee} by invoking Graph API. If you don't have permission "
            "to query Graph API, please specify --assignee-object-id and --assignee-principal-type."
        )
        if not _is_guid(asked.assignee):
            _fail(str(answer.json().get("error", {}).get("message", answer.reason)))
        _warn(f"Assuming {asked.assignee} as an object ID.")
        return str(asked.assignee)

    def _scope(self) -> str:
        asked = self._asked
        if asked.resource_group:
            return f"{self._subscription}/resourceGroups/{asked.resource_group}"
        return asked.scope or self._subscription

    @property
    def _subscription(self) -> str:
        if self._asked.subscription:
            return f"/subscriptions/{self._asked.subscription}"
        seen = _succeeded(self._arm("GET", "/subscriptions", version=_SUBSCRIPTIONS))["value"]
        if not seen:
            _fail("Please run 'az login' to setup account.")
        return str(seen[0]["id"])

    def _values(self, path: str, filtered: str) -> list[Json]:
        params = {"$filter": filtered} if filtered else {}
        return list(_succeeded(self._arm("GET", path, params=params))["value"])

    def _arm(
        self, method: str, path: str, version: str = _VERSION, **options: Any
    ) -> requests.Response:
        params = {**options.pop("params", {}), "api-version": version}
        return self._send(method, f"{_ARM}{path}", params=params, **options)

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:
        host = "/".join(url.split("/")[:3])
        if host not in self._tokens:
            resource = _MANAGEMENT if host == _ARM else host
            self._tokens[host] = _token(self._app, f"{resource}/.default")["access_token"]
        headers = {"Authorization": f"Bearer {self._tokens[host]}"}
        try:
            return requests.request(method, url, headers=headers, timeout=_TIMEOUT, **options)
        except requests.RequestException as error:
            _fail(f"{host} does not answer: {error}")


def _flat(resource: Json) -> dict[str, Any]:
    """Return a resource as the Azure CLI shows it: its properties beside its id."""
    outer = {key: value for key, value in resource.items() if key != "properties"}
    return {**resource["properties"], **outer}


def _succeeded(answer: requests.Response) -> Any:
    if not answer.ok:
        error = answer.json()["error"]
        code, message = error["code"], error["message"]
        _fail(f"({code}) {message}\nCode: {code}\nMessage: {message}")
    return answer.json() if answer.content else None


def _print(asked: argparse.Namespace, found: Any) -> None:
    """Print the result of a command, in the form that is asked for."""
    if found is None or asked.output == "none":
        return
    if asked.output == "table":
        rows = found if isinstance(found, list) else [found]
        columns = _COLUMNS[asked.kind]
        _print_table(
            list(columns), [[each.get(key) or "" for key in columns.values()] for each in rows]
        )
    else:
        print(json.dumps(found, indent=2))


def _print_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        return
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    for row in (names, ["-" * width for width in widths], *rows):
        print(
            "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def _whole_name(short: str, known: Iterable[str]) -> str:
    """Return a line with a role's whole name for a short one, as Keyless's own lines print it."""
    forms = (f"Azure {short}", f"{short} (")
    whole = next((each for each in known if short and each.startswith(forms)), "")
    return f"\nkeyless: its whole name is '{whole}'." if whole else ""


def _is_guid(text: str | None) -> bool:
    return _GUID.fullmatch(text or "") is not None


def _is(wanted: str, found: str) -> bool:
    """Return whether two ids are one, in whatever case they are; an empty one wants any."""
    return wanted.lower() in {"", found.lower()}


def _token(app: PublicClientApplication, scope: str) -> dict[str, Any]:
    accounts = app.get_accounts()
    if not accounts:
        _fail("Please run 'az login' to setup account.")
    return _checked(app.acquire_token_silent_with_error([scope], accounts[0]))


def _get_access_token(app: PublicClientApplication, scope: str) -> None:
    token = _token(app, scope)
    accounts = app.get_accounts()
    expires_on = int(time.time()) + int(token["expires_in"])
    answer = {
        "accessToken": token["access_token"],
        "expiresOn": datetime.fromtimestamp(expires_on).strftime("%Y-%m-%d %H:%M:%S.%f"),
        "expires_on": expires_on,
        "tenant": accounts[0]["home_account_id"].partition(".")[2],
        "tokenType": token["token_type"],
    }
    print(json.dumps(answer, indent=2))


def _checked(result: dict[str, Any] | None) -> dict[str, Any]:
    if result is None or "access_token" not in result:
        described = (result or {}).get("error_description", "there is no sign-in")
        _fail(f"{described}\nInteractive authentication is needed. Please run:\naz login")
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="az", description="Keyless's stand-in for the Azure CLI: it has these commands alone."
    )
    groups = parser.add_subparsers(required=True, dest="command", metavar="login | account | role")
    login = groups.add_parser("login", help="sign in to the sandbox")
    login.add_argument("--use-device-code", action="store_true", required=True)
    account = groups.add_parser("account").add_subparsers(required=True, metavar="COMMAND")
    token = account.add_parser("get-access-token", help="as AzureCliCredential calls it")
    token.add_argument("--output", "-o", choices=["json"], default="json")
    token.add_argument("--tenant")
    what = token.add_mutually_exclusive_group()
    what.add_argument("--resource", default=_MANAGEMENT)
    what.add_argument("--scope")
    _add_roles(groups.add_parser("role"))
    return parser


def _add_roles(role: argparse.ArgumentParser) -> None:
    kinds = role.add_subparsers(required=True, dest="kind", metavar="assignment | definition")
    assignment = kinds.add_parser("assignment").add_subparsers(required=True, dest="verb")
    create = _verb(assignment, "create", "assign a role", needs_scope=True)
    create.add_argument("--assignee-principal-type")
    create.add_argument("--name", "-n")
    create.add_argument("--description")
    found = _verb(assignment, "list", "list role assignments")
    found.add_argument("--all", action="store_true")
    found.add_argument("--include-groups", action="store_true")
    delete = _verb(assignment, "delete", "delete role assignments")
    delete.add_argument("--ids", nargs="+")
    delete.add_argument("--yes", "-y", action="store_true")
    for each in (create, found, delete):
        each.add_argument("--role", required=each is create)
        each.add_argument("--assignee")
        each.add_argument("--assignee-object-id")
    for each in (found, delete):
        each.add_argument("--include-inherited", action="store_true")
    definition = kinds.add_parser("definition").add_subparsers(required=True, dest="verb")
    roles = _verb(definition, "list", "list role definitions")
    roles.add_argument("--name", "-n")
    roles.add_argument("--custom-role-only", nargs="?", const="true", choices=["true", "false"])


def _verb(
    group: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    does: str,
    *,
    needs_scope: bool = False,
) -> argparse.ArgumentParser:
    verb = group.add_parser(name, help=does, description=does)
    verb.add_argument("--scope", required=needs_scope)
    verb.add_argument("--resource-group", "-g")
    verb.add_argument("--subscription")
    verb.add_argument("--output", "-o", choices=["json", "table", "none"], default="json")
    return verb


def _warn(sentence: str) -> None:
    print(f"WARNING: {sentence}", file=sys.stderr)


def _fail(sentence: str) -> NoReturn:
    print(f"ERROR: {sentence}", file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
