"""Requests about sessions: renew the lock, read and write the state, list the sessions."""

from collections.abc import Mapping

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import MalformedError
from sandbox.servicebus.errors import Status
from sandbox.servicebus.managed_entity import ManagedEntity
from sandbox.servicebus.request_fields import number
from sandbox.servicebus.requests import LINK, OK, Request, Response
from sandbox.servicebus.serve.session_queue import HeldSession

# .NET's DateTime.MaxValue in milliseconds, as its AMQP library rounds it: list all sessions.
# `_session_browser.py` of azure-servicebus.
_ALL = 253402300800000
_MAX_PAGE = 100
_NONE = Response(Status(204, "NoContent", "com.microsoft:session-not-found"))


def renew(managed: ManagedEntity, request: Request) -> Response:
    """Renew the lock on a session."""
    until = _session(managed, request).renew()
    return Response.of(expiration=encode.timestamp(int(until * 1000)))


def get_state(managed: ManagedEntity, request: Request) -> Response:
    """Return the state of a session, null if it has none."""
    state = managed.sessions.state(_session(managed, request).lock)
    return Response.of(session_state=encode.NULL if state is None else encode.binary(state))


def set_state(managed: ManagedEntity, request: Request) -> Response:
    """Store the state of a session, or delete it for null."""
    state = request.fields.get("session-state")
    if state is not None and not isinstance(state, bytes):
        raise MalformedError("session-state is not binary")
    managed.sessions.set_state(_session(managed, request).lock, state)
    return OK


def list_sessions(managed: ManagedEntity, request: Request) -> Response:
    """Return a page of the sessions with messages or a state, or of those with a new state."""
    fields, sessions = request.fields, managed.sessions
    after = number(fields, "last-updated-time")
    found = sessions.names() if after == _ALL else sessions.names_updated_after(after / 1000)
    skip, top = max(number(fields, "skip"), 0), number(fields, "top")
    page = found[skip : skip + min(max(top, 0), _MAX_PAGE)]
    if not page:
        return _NONE
    return Response.of(skip=encode.integer(skip), sessions_ids=encode.strings(page))


def _session(managed: ManagedEntity, request: Request) -> HeldSession:
    """Return the session that a request names and its connection holds."""
    _ = managed.sessions  # an entity without sessions says so
    fields: Mapping[str, object] = request.fields
    name = fields.get("session-id")
    if not isinstance(name, str):
        raise MalformedError("session-id is not a string")
    return managed.session(name, request.properties.get(LINK))
