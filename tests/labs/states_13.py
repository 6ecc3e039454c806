"""The wrong ways to end the incident of lab 13: swept away, too wide, and the wrong identity."""

from dataclasses import replace

from azure.servicebus import ServiceBusClient, ServiceBusSubQueue

from cli.lab.run import Run
from sandbox.deployment import SNAPSHOT
from tests.labs.learner import Learner, Wrong, over_granted

RECEIVER = "Azure Service Bus Data Receiver"


def sweep(learner: Learner) -> None:
    """Mend the three causes, and delete the dead letters in the place of sending them again."""
    learner.asks("fault", end="partner-410")
    learner.deploys(SNAPSHOT.read_text())
    run = Run(learner.state, learner.folder.snapshot, learner.folder.work)
    (topic,) = run.deployment.bus.topics
    with (
        run.as_identity("notifier") as identity,
        ServiceBusClient(run.deployment.bus.host, identity.credential) as client,
        client.get_subscription_receiver(
            topic.name, "notifier", sub_queue=ServiceBusSubQueue.DEAD_LETTER, max_wait_time=1
        ) as receiver,
    ):
        dead = list(receiver)
        assert dead, "the first check has left a dead letter"
        for each in dead:
            receiver.complete_message(each)


def after_the_sweep(wrong: Wrong) -> Wrong:
    """Return an over-grant that is one of several faults: the partner never heard of a photo."""
    return replace(wrong, says="it has one: too much", too_much=False)


WRONG = (
    Wrong("swept away", sweep, says="it never heard of 1"),
    after_the_sweep(over_granted("catalog", RECEIVER, "topics/photo-events")),
    after_the_sweep(over_granted("gateway", RECEIVER, "subscriptions/catalog")),
)
