"""How Entra knows the users who signed in by the Azure CLI."""

import uuid

from sandbox.deployment import Principal

# The Azure CLI's client id, which is also azd's.
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"


def user_name(name: str) -> str:
    """What the user called `name` signs in by."""
    return f"{name}@keyless.example"


def pairwise(principal: Principal, client_id: str) -> str:
    """A user's `sub`: another application sees another subject for the same user."""
    return str(uuid.uuid5(uuid.UUID(client_id), principal.principal_id))
