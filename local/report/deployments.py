"""The deployments of an azd environment, and the failures of each.

https://learn.microsoft.com/rest/api/resources/deployments,
https://learn.microsoft.com/rest/api/resources/deployment-operations
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local.report import safe_text
from local.report.control_plane import ControlPlane, Json, UnseenError
from local.report.model import Deployment, Part, Refused, Unseen
from local.report.refusals import advise
from local.report.safe_text import NOTHING, SafeText
from local.report.times import seconds

_VERSION = "2021-04-01"
_NESTED = "microsoft.resources/deployments"
_DEPTH = 6
# The first deployment, which is the interesting one, and the latest.
_SHOWN = 6


def deployments(azure: ControlPlane, environment: str) -> Part[Deployment]:
    """Return azd's first and latest deployments of the environment, by time."""
    try:
        found = sorted(_listed(azure, environment), key=_time)
    except UnseenError as error:
        return Unseen(error.why)
    numbered = list(enumerate(found, start=1))
    shown = numbered[:1] + numbered[1:][-(_SHOWN - 1) :]
    return tuple(_deployment(azure, number, each) for number, each in shown)


def _listed(azure: ControlPlane, environment: str) -> list[Json]:
    """Return those of the group and, where the user may read it, of the subscription."""
    errors: list[UnseenError] = []
    found: list[Json] = []
    for scope in (azure.group_id, f"/subscriptions/{azure.subscription}"):
        path = f"{scope}/providers/Microsoft.Resources/deployments"
        try:
            found += [each for each in azure.listed(path, _VERSION) if _is_of(each, environment)]
        except UnseenError as error:
            errors.append(error)
    if errors and not found:
        raise errors[-1]
    return found


def _is_of(deployment: Json, environment: str) -> bool:
    return (deployment.get("tags") or {}).get("azd-env-name") == environment


def _time(deployment: Json) -> str:
    return str(deployment["properties"].get("timestamp"))


def _deployment(azure: ControlPlane, number: int, found: Json) -> Deployment:
    given = found["properties"]
    state = safe_text.state(given.get("provisioningState"))
    return Deployment(number, state, seconds(given.get("duration")), _refused(azure, found))


def _refused(azure: ControlPlane, found: Json) -> Part[Refused]:
    given = found["properties"]
    if given.get("provisioningState") == "Succeeded":
        return ()
    try:
        refused = tuple(dict.fromkeys(_below(azure, found["id"], _DEPTH)))
    except UnseenError as error:
        return Unseen(error.why)
    if not refused and given.get("error"):  # refused as a whole, before any resource was tried
        return (_as_refused({}, "", given["error"]),)
    return refused


def _below(azure: ControlPlane, deployment: str, depth: int) -> Iterator[Refused]:
    """Yield the failures of a deployment, and of nested ones where Azure shows them."""
    for operation in azure.listed(f"{deployment}/operations", _VERSION):
        given = operation.get("properties") or {}
        if given.get("provisioningState") != "Failed":
            continue
        target = given.get("targetResource") or {}
        inner: list[Refused] = []
        if str(target.get("resourceType")).lower() == _NESTED and depth:
            inner = _nested(azure, target["id"], depth)
        status = given.get("statusCode") or ""
        yield from inner or [_as_refused(target, status, _error(given.get("statusMessage")))]


def _nested(azure: ControlPlane, deployment: str, depth: int) -> list[Refused]:
    try:
        return list(_below(azure, deployment, depth - 1))
    except UnseenError:
        return []


def _as_refused(target: Json, status: object, error: Any) -> Refused:
    chain = list(_chain(error))
    codes = tuple(safe_text.code(code) for code, _ in chain)
    said = next((text for _, text in reversed(chain) if text), "")
    return Refused(
        kind=safe_text.kind(target.get("resourceType")),
        on=_on(str(target.get("id", ""))),
        status=safe_text.code(status) if status else NOTHING,
        codes=codes,
        said=safe_text.message(said),
        advice=advise(codes, said),
    )


def _on(resource_id: str) -> SafeText:
    """Return the entity or app in a resource id, if its name is the template's."""
    named = [found for each in resource_id.split("/") if (found := safe_text.name(each))]
    return named[-1] if named else NOTHING


def _error(message: Any) -> Any:
    """Return the error of a status message, which is an object or its JSON text."""
    found = _read(message)
    return found.get("error", found) if isinstance(found, Mapping) else {"message": message}


def _chain(error: Any, depth: int = _DEPTH) -> Iterator[tuple[str, str]]:
    """Yield codes and texts from the outermost error to its innermost first detail.

    Some providers put an error into another's message, as JSON.
    """
    if not isinstance(error, Mapping) or not depth:
        return
    text = error.get("message")
    inner = _read(text)
    yield str(error.get("code", "")), "" if isinstance(inner, Mapping) else str(text or "")
    if isinstance(inner, Mapping):
        yield from _chain(inner.get("error", inner), depth - 1)
    details = error.get("details")
    if isinstance(details, Sequence) and not isinstance(details, str) and details:
        yield from _chain(details[0], depth - 1)


def _read(text: Any) -> Any:
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
