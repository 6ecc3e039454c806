"""The wrong ways to mend lab 7: a wider scope, a wider role, and a second identity.

The last gives the catalog the gateway's identity in place of its own.
"""

import json

from sandbox.deployment import SNAPSHOT
from tests.labs.learner import Learner, Wrong, over_granted

READER = "Storage Blob Data Reader"
CONTRIBUTOR = "Storage Blob Data Contributor"


def share_the_gateway_s(learner: Learner) -> None:
    snapshot = json.loads(SNAPSHOT.read_text())
    resources = snapshot["predictedResources"]
    at, app = next(
        (n, r)
        for n, r in enumerate(resources)
        if r["name"] == "catalog" and "containerApps" in r["type"]
    )
    resources[at] = json.loads(json.dumps(app).replace("id-catalog-", "id-gateway-"))
    learner.deploys(json.dumps(snapshot))


WRONG = (
    over_granted("catalog", CONTRIBUTOR, "account"),
    over_granted("catalog", CONTRIBUTOR, "containers/catalog"),
    over_granted("gateway", READER, "containers/catalog"),
    Wrong("a shared identity", share_the_gateway_s, "id-gateway-sandbox (Main) is not its own"),
)
