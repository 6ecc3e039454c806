"""The wrong ways to mend lab 7: a wider scope, a wider role, and a second identity."""

from tests.labs.learner import over_granted

READER = "Storage Blob Data Reader"
CONTRIBUTOR = "Storage Blob Data Contributor"

WRONG = (
    over_granted("catalog", CONTRIBUTOR, "account"),
    over_granted("catalog", CONTRIBUTOR, "containers/catalog"),
    over_granted("gateway", READER, "containers/catalog"),
)
