"""Expectations on the audit, and their message if the audit has other records."""

from dataclasses import replace

import pytest

from sandbox.audit import FILE, Audit, Outcome, Record
from sandbox.state import State
from sandbox.testing.expectations import expected

BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
READER = "Storage Blob Data Reader"
ORDERS = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
ORDERS += "/blobServices/default/containers/orders"
SEND = "Microsoft.ServiceBus/namespaces/messages/send/action"
READ = Record(
    "12:00", "blob", Outcome.ALLOWED, "GetBlob", "web", "1", f"{BLOBS}/read", ORDERS, role=READER
)
NOT_WRITTEN = Record(
    *("12:01", "blob", Outcome.DENIED, "PutBlob", "web", "1", f"{BLOBS}/write", ORDERS),
    missing=("Storage Blob Data Contributor", "Storage Blob Data Owner"),
)
NOT_READ = Record("12:02", "blob", Outcome.DENIED, "GetBlob", "web", "1", f"{BLOBS}/read", ORDERS)
SENT = Record("12:03", "bus", Outcome.ALLOWED, "Send", "web", "1", SEND, "/queues/new", role="S")


def recorded(audit: Audit, state: State, action: str, outcome: Outcome, *records: Record) -> None:
    """Expect `outcome` of `action` of a block in which the audit gets `records`."""
    with expected(outcome, state, action, "web", ""):
        for each in records:
            audit.write(each)


@pytest.fixture
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    return State.open(tmp_path_factory.mktemp("audited"))


@pytest.fixture
def audit(state: State) -> Audit:
    return Audit(state.path(FILE))


def test_a_denial_in_the_block_is_found_by_the_end_of_its_action(
    state: State, audit: Audit
) -> None:
    for action in ("blobs/write", f"{BLOBS}/write", "Blobs/Write"):
        with expected(Outcome.DENIED, state, action, "web", "containers/orders") as found:
            audit.write(NOT_WRITTEN)
        assert found == [NOT_WRITTEN]


def test_the_last_word_of_an_action_may_be_left_out(state: State, audit: Audit) -> None:
    with expected(Outcome.ALLOWED, state, "messages/send", "", ""):
        audit.write(SENT)


def test_only_the_block_counts(state: State, audit: Audit) -> None:
    audit.write(NOT_WRITTEN)
    with (
        pytest.raises(AssertionError, match="no request reached the sandbox in this block"),
        expected(Outcome.DENIED, state, "blobs/write", "web", ""),
    ):
        pass


@pytest.mark.parametrize(
    ("action", "identity", "on"),
    [
        ("lobs/write", "web", ""),
        ("blobs/read", "web", ""),
        ("blobs/write", "worker", ""),
        ("blobs/write", "web", "containers/invoices"),
    ],
)
def test_another_denial_is_none(
    action: str, identity: str, on: str, state: State, audit: Audit
) -> None:
    with (
        pytest.raises(AssertionError, match=f"expected .*{action}.* to be denied"),
        expected(Outcome.DENIED, state, action, identity, on),
    ):
        audit.write(NOT_WRITTEN)


def test_the_message_lists_what_the_audit_has_instead(state: State, audit: Audit) -> None:
    with pytest.raises(AssertionError) as caught:
        recorded(audit, state, "blobs/delete", Outcome.DENIED, READ, NOT_WRITTEN)
    assert str(caught.value).splitlines() == [
        "expected web's blobs/delete to be denied, but the audit has:",
        f"  allowed  web {BLOBS}/read on containers/orders, by {READER}",
        f"  DENIED   web {BLOBS}/write on containers/orders; Storage Blob Data Contributor or"
        " Storage Blob Data Owner would allow it",
    ]


def test_a_long_audit_is_cut(state: State, audit: Audit) -> None:
    with pytest.raises(AssertionError, match=r"\.\.\. and 5 more$"):
        recorded(audit, state, "blobs/delete", Outcome.DENIED, *[READ] * 25)


def test_a_request_that_is_allowed_once_and_denied_once_is_not_allowed(
    state: State, audit: Audit
) -> None:
    with pytest.raises(AssertionError, match="and one was denied: DENIED"):
        recorded(audit, state, "blobs/read", Outcome.ALLOWED, READ, NOT_READ)


def test_a_denial_that_azure_may_allow_is_not_sure(state: State, audit: Audit) -> None:
    reason = "on Azure, /assignments/1 may allow it: its condition is not evaluated here"
    with pytest.raises(AssertionError, match=f"which is not sure: {reason}"):
        recorded(audit, state, "blobs/write", Outcome.DENIED, replace(NOT_WRITTEN, reason=reason))


def test_the_error_of_a_denied_client_goes_on(state: State, audit: Audit) -> None:
    def upload() -> None:
        audit.write(NOT_WRITTEN)
        raise PermissionError

    with pytest.raises(PermissionError), expected(Outcome.DENIED, state, "blobs/write", "", ""):
        upload()


def test_another_error_is_the_cause_of_an_unmet_expectation(state: State) -> None:
    with (
        pytest.raises(AssertionError, match="no request reached the sandbox") as caught,
        expected(Outcome.DENIED, state, "blobs/write", "", ""),
    ):
        raise FileNotFoundError
    assert isinstance(caught.value.__cause__, FileNotFoundError)
