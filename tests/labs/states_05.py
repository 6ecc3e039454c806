"""The wrong ways to mend lab 5: a wider scope, a wider role, and a second identity."""

from tests.labs.learner import over_granted

CONTRIBUTOR = "Storage Blob Data Contributor"
RECEIVER = "Azure Service Bus Data Receiver"

WRONG = (
    over_granted("notifier", RECEIVER, "namespace"),
    over_granted("thumbnailer", CONTRIBUTOR, "containers/thumbnails"),
    over_granted("catalog", RECEIVER, "subscriptions/notifier"),
)
