"""The bus under each answer to the open questions about Azure."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from proton import Message
from proton.utils import LinkDetached

from sandbox.assumptions import assume
from sandbox.audit import Outcome
from sandbox.deployment import CorrelationFilter, Namespace, Rule
from sandbox.entra import VAULT
from tests.sandbox.servicebus.harness import Credential, Running
from tests.sandbox.servicebus.peer import HOST, Peer, refusal
from tests.sandbox.servicebus.world import NAMESPACE, PRINCIPALS, topic

ELSEWHERE = "nowhere"
ONLY_RED = CorrelationFilter(label="red")
WITH_DEFAULT = replace(
    NAMESPACE,
    topics=(
        topic(
            "events",
            red=(Rule("red", correlation=ONLY_RED),),
            default=(Rule("$Default", correlation=ONLY_RED),),
            unwritten=(),
        ),
    ),
)


@contextmanager
def assuming(
    folder: Path, *answers: str, namespace: Namespace = NAMESPACE
) -> Iterator[tuple[Running, Peer]]:
    """Yield a bus with these answers, and a connection to it."""
    running = Running(folder, namespace, assumed=assume(answers))
    with running as bus, Peer(bus.plain_port) as peer:
        yield bus, peer


def test_no_token_is_taken_for_an_entity_that_does_not_exist(tmp_path: Path) -> None:
    with assuming(tmp_path) as (bus, peer):
        reply = peer.put_as("owner", ELSEWHERE)
        assert reply.code == 404
        words = f"The messaging entity 'sb://{HOST}/{ELSEWHERE}' could not be found. "
        assert reply.description.startswith(words)
        last = bus.records()[-1]
        assert (last.outcome, last.operation, last.identity) == (
            Outcome.REFUSED,
            "PutToken",
            "owner",
        )
        with pytest.raises(LinkDetached, match="No token was put"):
            peer.receiver(ELSEWHERE)


def test_a_token_for_a_missing_entity_is_taken_if_so_assumed(tmp_path: Path) -> None:
    with assuming(tmp_path, "bus-put-token-unknown=taken") as (_, peer):
        assert peer.put_as("owner", ELSEWHERE).code == 202
        with pytest.raises(LinkDetached, match="could not be found"):
            peer.receiver(ELSEWHERE)


def test_a_token_taken_for_the_beginning_of_a_name_does_not_cover_the_whole(
    tmp_path: Path,
) -> None:
    with assuming(tmp_path, "bus-put-token-unknown=taken") as (_, peer):
        assert peer.put_as("owner", "order").code == 202
        with pytest.raises(LinkDetached, match="No token was put for this resource"):
            peer.receiver("orders")


@pytest.mark.parametrize(
    "path",
    ["", "orders", "orders/$DeadLetterQueue", "orders/$management", "events/Subscriptions/red"],
)
def test_a_token_is_taken_for_an_entity_that_exists(tmp_path: Path, path: str) -> None:
    with assuming(tmp_path) as (_, peer):
        assert peer.put_as("owner", path).code == 202
        peer.receiver(path or "orders")


def test_a_false_token_learns_of_no_entity(tmp_path: Path) -> None:
    vaults = Credential(PRINCIPALS["owner"], audience=VAULT).get_token().token
    with assuming(tmp_path) as (_, peer):
        assert peer.put(vaults, ELSEWHERE).code == 401
        assert peer.put_as("stranger", ELSEWHERE).code == 404


@pytest.mark.parametrize("caller", ["stranger", "orders-receiver", "owner"])
def test_every_caller_learns_that_an_entity_is_missing_if_so_assumed(
    tmp_path: Path, caller: str
) -> None:
    with assuming(tmp_path, "bus-missing=existence") as (bus, peer):
        peer.put_as(caller, "")
        for attach, operation in (
            (peer.sender, "AttachSender"),
            (peer.receiver, "AttachReceiver"),
        ):
            with pytest.raises(LinkDetached) as error:
                attach(ELSEWHERE)
            assert refusal(error.value)[0] == "amqp:not-found"
            last = bus.records()[-1]
            assert (last.outcome, last.operation, last.identity) == (
                Outcome.REFUSED,
                operation,
                caller,
            )


def test_the_role_is_checked_first_if_so_assumed(tmp_path: Path) -> None:
    with assuming(tmp_path, "bus-missing=role") as (_, peer):
        for caller, condition in (
            ("orders-receiver", "amqp:unauthorized-access"),
            ("owner", "amqp:not-found"),
        ):
            peer.put_as(caller, "")
            with pytest.raises(LinkDetached) as error:
                peer.receiver(ELSEWHERE)
            assert refusal(error.value)[0] == condition


def test_an_existing_entity_needs_its_role_under_either_answer(tmp_path: Path) -> None:
    with assuming(tmp_path, "bus-missing=existence") as (_, peer):
        for token in (None, "stranger"):
            if token:
                peer.put_as(token)
            with pytest.raises(LinkDetached) as error:
                peer.receiver("orders")
            assert refusal(error.value)[0] == "amqp:unauthorized-access"
        with pytest.raises(LinkDetached, match="No token was put"):
            peer.receiver(ELSEWHERE)
        peer.put_as("orders-receiver")
        peer.receiver("orders/$DeadLetterQueue")


@pytest.mark.parametrize(
    ("answer", "named_red", "named_default", "unwritten"),
    [("removed", 1, 0, 2), ("replaced", 2, 1, 2), ("stays", 2, 2, 2)],
)
def test_a_subscription_gets_what_the_rules_let_through_that_are_left(
    tmp_path: Path, answer: str, named_red: int, named_default: int, unwritten: int
) -> None:
    with assuming(tmp_path, f"bus-default-rule={answer}", namespace=WITH_DEFAULT) as (bus, peer):
        peer.put_as("events-sender", "events")
        sender = peer.sender("events")
        sender.send(Message("x", subject="blue", id="1"))
        sender.send(Message("x", subject="red", id="2"))
        held = {path.rpartition("/")[2]: count for path, count in bus.held().items()}
    assert held["red"] == named_red
    assert held["default"] == named_default
    assert held["unwritten"] == unwritten


@pytest.mark.parametrize(
    "sent",
    [Message("x"), Message("x", subject="s", properties={"a": 1})],
    ids=["bare", "with more"],
)
def test_a_message_without_an_id_gets_one_and_keeps_all_else(tmp_path: Path, sent: Message) -> None:
    with assuming(tmp_path) as (_, peer):
        peer.put_as("owner", "orders")
        sender = peer.sender("orders")
        sender.send(sent)
        sender.send(sent)
        receiver = peer.receiver("orders", credit=2)
        one, two = receiver.receive(5), receiver.receive(5)
    assert re.fullmatch("[0-9a-f]{32}", one.id)
    assert one.id != two.id
    assert (one.body, one.subject, one.properties) == ("x", sent.subject, sent.properties)


def test_an_id_of_any_type_is_kept(tmp_path: Path) -> None:
    with assuming(tmp_path) as (_, peer):
        peer.put_as("owner", "orders")
        sender = peer.sender("orders")
        for each in ("", "one", 7, UUID(int=7)):
            sender.send(Message("x", id=each))
        receiver = peer.receiver("orders", credit=4)
        assert [receiver.receive(5).id for _ in range(4)] == ["", "one", 7, UUID(int=7)]


def test_a_message_without_an_id_stays_without_one_if_so_assumed(tmp_path: Path) -> None:
    with assuming(tmp_path, "bus-message-id=left-out") as (_, peer):
        peer.put_as("owner", "orders")
        peer.sender("orders").send(Message("x"))
        assert peer.receiver("orders", credit=1).receive(5).id is None
