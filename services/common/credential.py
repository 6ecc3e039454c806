"""The credential of the process, pinned by the environment to one kind."""

from azure.identity import DefaultAzureCredential


def open_credential(client_id: str | None) -> DefaultAzureCredential:
    """Return the process's credential; `client_id` is None for a system-assigned identity.

    It is passed explicitly, even as None: otherwise the SDK takes AZURE_CLIENT_ID from the
    environment, and Container Apps needs the id of a user-assigned identity in each request.
    Raises ValueError without AZURE_TOKEN_CREDENTIALS: a chain that tries one credential after
    another is slow on a laptop, and may find another identity than the one you meant.
    """
    return DefaultAzureCredential(require_envvar=True, managed_identity_client_id=client_id)
