"""The wrong ways to mend lab 4: a wider scope, a wider or other role, and a second identity."""

from tests.labs.learner import over_granted

READER = "Storage Blob Data Reader"
CONTRIBUTOR = "Storage Blob Data Contributor"

WRONG = (
    over_granted("gateway", "Owner", "containers/thumbnails"),
    over_granted("gateway", READER, "account"),
    over_granted("gateway", CONTRIBUTOR, "containers/thumbnails"),
    over_granted("gateway", "Contributor", "containers/thumbnails"),
    over_granted("notifier", READER, "containers/thumbnails"),
)
