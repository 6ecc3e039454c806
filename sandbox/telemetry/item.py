"""One item of telemetry, read from an envelope, as Azure's tables would show it.

https://learn.microsoft.com/azure/azure-monitor/app/data-model-complete
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.telemetry.errors import ItemRefused, missing, other_key

# Not imported at run time, as in sandbox/audit/gate.py.
if TYPE_CHECKING:
    from sandbox.entra import Caller

# By the type of an item's data: the table that it would be found in.
TABLES = {
    "RequestData": "AppRequests",
    "RemoteDependencyData": "AppDependencies",
    "ExceptionData": "AppExceptions",
    "MessageData": "AppTraces",
    "EventData": "AppEvents",
    "MetricData": "AppMetrics",
}
_LARGEST = 64 * 1024
_DURATION = re.compile(r"(?:(\d{1,9})\.)?(\d\d):(\d\d):(\d\d(?:\.\d{1,20})?)")
_NEEDED = {"RequestData": ("id", "duration"), "RemoteDependencyData": ("name",)}


@dataclass(frozen=True)
class Item:
    """A span, or a log record within one. `seconds` is how long it took.

    `operation` is the id of its trace, `id` its own and `parent` that of the span around it.
    `identity` is the sender by its verified token: no item can claim that for itself.
    """

    time: str
    table: str
    operation: str
    id: str
    parent: str
    role: str
    identity: str
    name: str
    seconds: float
    success: bool
    code: str
    target: str
    properties: Mapping[str, str]

    def called(self, value: str) -> str:
        """Return the name of the property that has `value`, such as photo; empty without one."""
        return next((name for name, each in self.properties.items() if each == value), "")


def read(envelope: Any, key: str, caller: "Caller") -> Item:
    """Return the item in `envelope`, for the component with `key`. Raises ItemRefused."""
    if not isinstance(envelope, dict) or len(json.dumps(envelope)) > _LARGEST:
        raise ItemRefused("Telemetry item is too large, or no JSON object")
    if str(envelope.get("iKey", "")).lower() != key:
        raise other_key()
    data = _object(_object(envelope, "Envelope", "data"), "Data", "baseData")
    kind = str(envelope["data"].get("baseType", ""))
    for field in _NEEDED.get(kind, ()):
        if not data.get(field):
            raise missing(field, kind)
    tags = envelope.get("tags")
    return _item(envelope, kind, data, tags if isinstance(tags, dict) else {}, caller)


def _item(
    envelope: Mapping[str, Any],
    kind: str,
    data: Mapping[str, Any],
    tags: Mapping[str, Any],
    caller: "Caller",
) -> Item:
    if kind not in TABLES:
        raise ItemRefused("103: Field 'baseType' on type 'Data' has an unexpected value")
    properties = data.get("properties")
    return Item(
        time=_time(envelope),
        table=TABLES[kind],
        operation=str(tags.get("ai.operation.id", "")),
        id=str(data.get("id", "")),
        parent=str(tags.get("ai.operation.parentId", "")),
        role=str(tags.get("ai.cloud.role", "")),
        identity=caller.name,
        name=_name(data),
        seconds=_seconds(str(data.get("duration", ""))),
        success=data.get("success") is not False and kind != "ExceptionData",
        code=str(data.get("responseCode") or data.get("resultCode") or ""),
        target=str(data.get("target") or data.get("source") or ""),
        properties={str(k): str(v) for k, v in properties.items()}
        if isinstance(properties, dict)
        else {},
    )


def _object(around: Mapping[str, Any], kind: str, field: str) -> dict[str, Any]:
    found = around.get(field)
    if not isinstance(found, dict):
        raise missing(field, kind)
    return found


def _name(data: Mapping[str, Any]) -> str:
    """Return a span's name, the exception, or the logged message."""
    thrown = data.get("exceptions")
    if isinstance(thrown, list) and thrown and isinstance(thrown[0], dict):
        return f"{thrown[0].get('typeName', '')}: {thrown[0].get('message', '')}"
    return str(data.get("name") or data.get("message") or "")


def _time(envelope: Mapping[str, Any]) -> str:
    """Return the time in ISO 8601, UTC, to the microsecond: such times compare as text."""
    try:
        time = datetime.fromisoformat(str(envelope.get("time", "")))
    except ValueError:
        raise missing("time", "Envelope") from None
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _seconds(duration: str) -> float:
    """Return `DD.HH:MM:SS.ffffff` in seconds; 0 for any other text."""
    found = _DURATION.fullmatch(duration)
    if found is None:
        return 0.0
    days, hours, minutes, seconds = found.groups(default="0")
    return int(days) * 86400 + int(hours) * 3600 + int(minutes) * 60 + float(seconds)
