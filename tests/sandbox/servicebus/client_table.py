"""The tables of docs/bus-methods.md: `python -m tests.sandbox.servicebus.client_table`.

Rows are the public methods and options that azure-servicebus has, so that a new version adds its
own; a test demands that each is known here, and that a test of this folder calls each method.
"""

import ast
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from azure.servicebus import (
    AutoLockRenewer,
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceiver,
    ServiceBusSender,
    ServiceBusSession,
    aio,
)
from azure.servicebus.aio.management import ServiceBusAdministrationClient as AsyncAdministration
from azure.servicebus.management import ServiceBusAdministrationClient

from sandbox.state import PROJECT
from tests.generated_section import replace_section

PAGE = PROJECT / "docs" / "bus-methods.md"
BEGIN = "<!-- written by tests/sandbox/servicebus/client_table.py -->\n"
END = "<!-- until here -->\n"
_TESTS = Path(__file__).parent
# Each class beside that of the package for asyncio.
CLIENTS: tuple[tuple[type, type], ...] = (
    (ServiceBusClient, aio.ServiceBusClient),
    (ServiceBusSender, aio.ServiceBusSender),
    (ServiceBusReceiver, aio.ServiceBusReceiver),
    (ServiceBusSession, aio.ServiceBusSession),
    (AutoLockRenewer, aio.AutoLockRenewer),
    (ServiceBusAdministrationClient, AsyncAdministration),
)
# Methods that send no request of their own, or one that another row has.
_LOCAL = frozenset({"close", "get_queue_sender", "get_topic_sender", "next"})
_KEYS = "refused: the sandbox takes tokens, and no connection string"
_ATTACH, _MANAGEMENT = "a link", "`$management`: `{}`"

# The requests that a method makes. A name without more is an operation of `$management`.
METHODS: Mapping[str, str] = {
    "ServiceBusClient.from_connection_string": "a token for a key",
    "ServiceBusClient.get_queue_receiver": _ATTACH,
    "ServiceBusClient.get_subscription_receiver": _ATTACH,
    "ServiceBusClient.list_queue_sessions": "get-message-sessions",
    "ServiceBusClient.list_subscription_sessions": "get-message-sessions",
    "ServiceBusSender.cancel_scheduled_messages": "cancel-scheduled-message",
    "ServiceBusSender.create_message_batch": _ATTACH,
    "ServiceBusSender.schedule_messages": "schedule-message",
    "ServiceBusSender.send_messages": "a transfer",
    "ServiceBusReceiver.abandon_message": "a disposition, or update-disposition",
    "ServiceBusReceiver.complete_message": "a disposition, or update-disposition",
    "ServiceBusReceiver.dead_letter_message": "a disposition, or update-disposition",
    "ServiceBusReceiver.defer_message": "a disposition, or update-disposition",
    "ServiceBusReceiver.peek_messages": "peek-message",
    "ServiceBusReceiver.receive_deferred_messages": "receive-by-sequence-number",
    "ServiceBusReceiver.receive_messages": "credit, and transfers",
    "ServiceBusReceiver.renew_message_lock": "renew-lock",
    "ServiceBusSession.get_state": "get-session-state",
    "ServiceBusSession.renew_lock": "renew-session-lock",
    "ServiceBusSession.set_state": "set-session-state",
    "AutoLockRenewer.register": "renew-lock, renew-session-lock",
    "ServiceBusAdministrationClient.create_queue": "PUT",
    "ServiceBusAdministrationClient.create_rule": "PUT",
    "ServiceBusAdministrationClient.create_subscription": "PUT",
    "ServiceBusAdministrationClient.create_topic": "PUT",
    "ServiceBusAdministrationClient.delete_queue": "DELETE",
    "ServiceBusAdministrationClient.delete_rule": "DELETE",
    "ServiceBusAdministrationClient.delete_subscription": "DELETE",
    "ServiceBusAdministrationClient.delete_topic": "DELETE",
    "ServiceBusAdministrationClient.from_connection_string": "a token for a key",
    "ServiceBusAdministrationClient.get_namespace_properties": "GET",
    "ServiceBusAdministrationClient.get_queue": "GET",
    "ServiceBusAdministrationClient.get_queue_runtime_properties": "GET",
    "ServiceBusAdministrationClient.get_rule": "GET",
    "ServiceBusAdministrationClient.get_subscription": "GET",
    "ServiceBusAdministrationClient.get_subscription_runtime_properties": "GET",
    "ServiceBusAdministrationClient.get_topic": "GET",
    "ServiceBusAdministrationClient.get_topic_runtime_properties": "GET",
    "ServiceBusAdministrationClient.list_queues": "GET",
    "ServiceBusAdministrationClient.list_queues_runtime_properties": "GET",
    "ServiceBusAdministrationClient.list_rules": "GET",
    "ServiceBusAdministrationClient.list_subscriptions": "GET",
    "ServiceBusAdministrationClient.list_subscriptions_runtime_properties": "GET",
    "ServiceBusAdministrationClient.list_topics": "GET",
    "ServiceBusAdministrationClient.list_topics_runtime_properties": "GET",
    "ServiceBusAdministrationClient.update_queue": "PUT, `If-Match`",
    "ServiceBusAdministrationClient.update_rule": "PUT, `If-Match`",
    "ServiceBusAdministrationClient.update_subscription": "PUT, `If-Match`",
    "ServiceBusAdministrationClient.update_topic": "PUT, `If-Match`",
}
REFUSED: Mapping[str, str] = {
    "ServiceBusClient.from_connection_string": _KEYS,
    "ServiceBusAdministrationClient.from_connection_string": _KEYS,
}
# Options that have another effect than on Azure.
OPTIONS: Mapping[str, str] = {
    "action": '400 "does not offer actions of rules"',
    "authorization_rules": "kept and listed; no key opens anything",
    "auto_delete_on_idle": '400 "does not offer AutoDeleteOnIdle"',
    "enable_express": "kept and listed, without an effect",
    "enable_partitioning": "kept and listed, without an effect: there is one broker",
    "forward_dead_lettered_messages_to": '400 "does not offer ForwardDeadLetteredMessagesTo"',
    "forward_to": '400 "does not offer ForwardTo"',
    "max_size_in_megabytes": "kept and listed; the disk is the limit",
    "partition_key": "kept with the message; there is one broker",
}
# Options that work, or that the client keeps to itself.
TAKEN = frozenset(
    {
        *("api_version", "application_properties", "auto_lock_renewer", "body"),
        *("client_identifier", "conn_str", "content_type", "correlation_id", "credential"),
        *("dead_lettering_on_filter_evaluation_exceptions",),
        *("dead_lettering_on_message_expiration", "default_message_time_to_live"),
        *("duplicate_detection_history_time_window", "enable_batched_operations"),
        *("error_description", "executor", "filter", "filtering_messages_before_publishing"),
        *("fully_qualified_namespace", "lock_duration", "max_delivery_count"),
        *("max_lock_renewal_duration", "max_message_count", "max_message_size_in_kilobytes"),
        *("max_size_in_bytes", "max_wait_time", "max_workers", "message", "message_id"),
        *("messages", "on_lock_renew_failure", "prefetch_count", "queue", "queue_name", "reason"),
        *("receive_mode", "receiver", "renewable", "reply_to", "reply_to_session_id"),
        *("requires_duplicate_detection", "requires_session", "retry_backoff_factor"),
        *("retry_backoff_max", "retry_mode", "retry_total", "rule", "rule_name"),
        *("schedule_time_utc", "scheduled_enqueue_time_utc", "sequence_number"),
        *("sequence_numbers", "session_id", "size_in_bytes", "socket_timeout", "state"),
        *("state_updated_after", "sub_queue", "subject", "subscription", "subscription_name"),
        *("support_ordering", "time_to_live", "timeout", "to", "topic", "topic_name"),
        *("user_metadata",),
    }
)


def methods() -> Iterator[str]:
    """Yield the public methods of the SDK's clients that send requests."""
    for client, _ in CLIENTS:
        for name in sorted(public(client)):
            if name not in _LOCAL:
                yield f"{client.__name__}.{name}"


def public(client: type) -> set[str]:
    """Return the names of the public methods of a client."""
    return {name for name, _ in inspect.getmembers(client, callable) if not name.startswith("_")}


def options() -> set[str]:
    """Return the options of the methods, of the clients and of a message."""
    clients = {client.__name__: client for client, _ in CLIENTS}
    documents = [
        getattr(clients[each.partition(".")[0]], each.partition(".")[2]) for each in methods()
    ]
    documents += [
        ServiceBusClient,
        ServiceBusMessage,
        AutoLockRenewer,
        ServiceBusAdministrationClient,
    ]
    return {
        name
        for each in documents
        for name, one in inspect.signature(each).parameters.items()
        if one.kind is not one.VAR_KEYWORD and name != "self"
    }


@cache
def calling_tests() -> Mapping[str, str]:
    """Return by method's name the first test of this folder that calls it, directly."""
    found = dict[str, str]()
    for path in sorted(_TESTS.rglob("test_*.py")):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
                named = f"{path.relative_to(PROJECT).as_posix()}::{function.name}"
                for node in ast.walk(function):
                    if isinstance(node, ast.Attribute):
                        found.setdefault(node.attr, named)
    return found


def with_tables(page: str) -> str:
    """Return `page` with its tables updated. Raises ValueError if the marks are missing."""
    return replace_section(page, BEGIN, END, "".join((*_methods(), *_options())))


def _methods() -> Iterator[str]:
    yield "| method | request | | tested by |\n|---|---|---|---|\n"
    for each in methods():
        path, _, name = calling_tests().get(each.partition(".")[2], "").partition("::")
        where = f"[{name}](../{path})" if name else ""
        state = REFUSED.get(each, "works" if each in METHODS else "not known here")
        yield f"| `{each}` | {METHODS.get(each, '')} | {state} | {where} |\n"


def _options() -> Iterator[str]:
    yield "\n| option | here |\n|---|---|\n"
    for each in sorted(options() - TAKEN):
        yield f"| `{each}` | {OPTIONS.get(each, 'not known here')} |\n"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")
