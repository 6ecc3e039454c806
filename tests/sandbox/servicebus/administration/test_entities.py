"""The drift of entities: changes over a deployment, and another deployment over changes."""

from pathlib import Path

import pytest

from sandbox.broken_files import BrokenFileError
from sandbox.deployment import EntitySettings, Namespace, Queue, Rule
from sandbox.servicebus.administration.drift_file import read, write
from sandbox.servicebus.administration.entities import (
    NONE,
    QUEUE,
    RULE,
    SUBSCRIPTION,
    TOPIC,
    Entities,
    EntityDrift,
    Made,
    resource_id,
    with_drift,
)
from sandbox.servicebus.administration.rule_description import of_rule
from tests.sandbox.servicebus.world import BUS, topic

SHORT = {"lockDuration": "PT5S"}
DEPLOYED = Namespace(
    BUS,
    "sb-test",
    queues=(Queue(f"{BUS}/queues/orders", "orders", EntitySettings()),),
    topics=(topic("events", red=(Rule("red", sql="1=1"),)),),
)


def made(kind: str, *path: str, **properties: object) -> Made:
    return Made(kind, path, properties, by="owner")


def put(*several: Made, drift: EntityDrift = NONE) -> EntityDrift:
    for each in several:
        drift = drift.putting(BUS, each)
    return drift


def names(namespace: Namespace) -> dict[str, list[str]]:
    """Return the names of the subscriptions of each topic, and of the queues."""
    found = {each.name: [sub.name for sub in each.subscriptions] for each in namespace.topics}
    return {"queues": [each.name for each in namespace.queues], **found}


def test_a_queue_that_was_made_stands_beside_the_deployed_ones() -> None:
    found = with_drift(DEPLOYED, put(made(QUEUE, "made", **SHORT)))
    assert names(found)["queues"] == ["orders", "made"]
    assert found.queues[1].settings.lock_duration.total_seconds() == 5
    assert found.queues[1].id == f"{BUS}/queues/made"


def test_a_name_with_a_slash_is_one_segment_of_its_id() -> None:
    found = with_drift(DEPLOYED, put(made(QUEUE, "a/b")))
    assert (found.queues[1].name, found.queues[1].id) == ("a/b", f"{BUS}/queues/a~b")


def test_a_deployed_entity_that_was_changed_keeps_its_place_and_its_children() -> None:
    drift = put(made(QUEUE, "orders", **SHORT), made(TOPIC, "events", maxDeliveryCount=3))
    found = with_drift(DEPLOYED, drift)
    assert names(found) == {"queues": ["orders"], "events": ["red"]}
    assert found.queues[0].settings.lock_duration.total_seconds() == 5
    assert found.topics[0].subscriptions[0].rules == (Rule("red", sql="1=1"),)


def test_rules_and_subscriptions_are_below_the_topic_that_they_were_made_in() -> None:
    rule = Made(RULE, ("events", "blue", "only"), of_rule(Rule("only", sql="a = 1")).as_json(), "o")
    drift = put(made(SUBSCRIPTION, "events", "blue"), rule, made(TOPIC, "others"))
    found = with_drift(DEPLOYED, drift)
    assert names(found) == {"queues": ["orders"], "events": ["red", "blue"], "others": []}
    assert found.topics[0].subscriptions[1].rules == (Rule("only", sql="a = 1"),)


def test_a_deleted_topic_is_gone_with_all_below_it_and_a_new_one_begins_empty() -> None:
    drift = put(made(SUBSCRIPTION, "events", "blue")).deleting(
        f"{BUS}/topics/events", "owner", DEPLOYED
    )
    assert names(with_drift(DEPLOYED, drift)) == {"queues": ["orders"]}
    again = put(made(TOPIC, "events"), drift=drift)
    assert names(with_drift(DEPLOYED, again)) == {"queues": ["orders"], "events": []}


def test_what_was_made_and_deleted_leaves_no_trace() -> None:
    drift = put(made(QUEUE, "made")).deleting(f"{BUS}/queues/made", "owner", DEPLOYED)
    assert drift == NONE


def test_a_deployment_restores_its_own_entities_and_leaves_the_others() -> None:
    entities = Entities(DEPLOYED)
    drift = put(made(QUEUE, "orders", **SHORT), made(QUEUE, "made"))
    deleted = drift.deleting(f"{BUS}/topics/events", "owner", DEPLOYED)
    entities.take(entities.changed(deleted))
    assert names(entities.namespace) == {"queues": ["orders", "made"]}
    entities.take(entities.redeployed(DEPLOYED))
    assert names(entities.namespace) == {"queues": ["orders", "made"], "events": ["red"]}
    assert entities.namespace.queues[0] == DEPLOYED.queues[0]


def test_each_difference_names_its_maker() -> None:
    entities = Entities(DEPLOYED)
    drift = put(made(QUEUE, "made"), made(QUEUE, "orders", **SHORT))
    deleted = drift.deleting(f"{BUS}/topics/events", "deployer", DEPLOYED)
    entities.take(entities.changed(deleted))
    assert entities.differences == (
        "queues/made created by owner",
        "queues/orders changed by owner",
        "topics/events deleted by deployer",
    )


def test_a_drift_that_cannot_be_kept_changes_nothing() -> None:
    def full(_: EntityDrift) -> None:
        raise OSError("No space left on device")

    entities = Entities(DEPLOYED, keep=full)
    with pytest.raises(OSError, match="No space"):
        entities.take(entities.changed(put(made(QUEUE, "made"))))
    assert (entities.namespace, entities.drift) == (DEPLOYED, NONE)


def test_the_drift_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "bus.entities.json"
    assert read(path) == NONE
    drift = put(made(QUEUE, "made", **SHORT)).deleting(f"{BUS}/queues/orders", "owner", DEPLOYED)
    write(path, drift)
    assert read(path) == drift
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("content", ["", "[]", '{"made": {"a": {}}, "deleted": {}}', "{"])
def test_a_broken_drift_is_named_by_its_file(content: str, tmp_path: Path) -> None:
    path = tmp_path / "bus.entities.json"
    path.write_text(content)
    with pytest.raises(BrokenFileError, match=r"bus\.entities\.json"):
        read(path)


@pytest.mark.parametrize("name", ["bus.entities.json", "bus-sb-orders.entities.json"])
def test_a_broken_drift_says_what_would_be_lost(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("[]")
    with pytest.raises(BrokenFileError, match="that programs made or changed are lost"):
        read(tmp_path / name)


def test_an_id_has_the_segments_of_resource_manager() -> None:
    assert resource_id(BUS, RULE, "t", "s", "$Default") == (
        f"{BUS}/topics/t/subscriptions/s/rules/$Default"
    )
