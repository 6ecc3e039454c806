"""The telemetry of one upload, for tests to vary."""

from sandbox.telemetry import Item

UPLOAD = Item(
    time="2026-11-24T08:00:00.000000Z",
    table="AppRequests",
    operation="a",
    id="1",
    parent="",
    role="gateway",
    identity="gateway",
    name="POST /photos",
    seconds=0.5,
    success=True,
    code="202",
    target="",
    properties={},
)
