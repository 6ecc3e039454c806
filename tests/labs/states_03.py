"""The wrong ways to mend lab 3: a wider scope, a wider role, and a second identity."""

from tests.labs.learner import over_granted

READER = "Storage Blob Data Reader"
CONTRIBUTOR = "Storage Blob Data Contributor"

WRONG = (
    over_granted("thumbnailer", READER, "account"),
    over_granted("thumbnailer", CONTRIBUTOR, "containers/originals"),
    over_granted("gateway", READER, "containers/originals"),
)
