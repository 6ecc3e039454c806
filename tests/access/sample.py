"""The sample's identities and entities, by name, as its table uses them.

The questions to Azure (test_data_plane.py, test_assumptions.py) are asked as these people, on
these entities. Where another deployment has taken the place of the sample's, it cannot be asked.
"""

from sandbox.deployment import Deployment

GATEWAY, THUMBNAILER, CATALOG, NOTIFIER = "gateway", "thumbnailer", "catalog", "notifier"
PLATFORM, DEVELOPER, OPERATOR = "platform", "developer", "operator"

ORIGINALS, THUMBNAILS, INDEX = "originals", "thumbnails", "catalog"
UPLOADS, EVENTS = "photo-uploads", "photo-events"
FOR_CATALOG, FOR_NOTIFIER = "photo-events/catalog", "photo-events/notifier"
KEY = "webhook-signing-key"

# The files that ask so.
ABOUT_AZURE = frozenset({"test_data_plane.py", "test_assumptions.py"})


def is_in(deployment: Deployment) -> bool:
    """Return whether `deployment` has everything that the questions about Azure need."""
    bus = deployment.bus
    there = {
        *deployment.storage.containers,
        *(each.name for each in bus.queues),
        *(each.name for each in bus.topics),
        *(f"{topic.name}/{each.name}" for topic in bus.topics for each in topic.subscriptions),
        *(each.name for each in deployment.vault.secrets),
        *(each.name for each in deployment.users),
    }
    return there >= {
        *(ORIGINALS, THUMBNAILS, UPLOADS, EVENTS, FOR_CATALOG, FOR_NOTIFIER, KEY),
        *(DEVELOPER, OPERATOR),
    }
