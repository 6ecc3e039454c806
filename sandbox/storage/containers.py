"""The containers of an account, made and deleted in its Azurite."""

from sandbox.storage.backend import Backend
from sandbox.storage.forward import Forwarded
from sandbox.storage.installation import AzuriteError


async def make_container(backend: Backend, container: str) -> None:
    """Make a container, unless it exists. Raises AzuriteError if that is refused."""
    create = Forwarded("PUT", f"/{container}", {"restype": "container"}, {}, takes_body=False)
    async with backend.send(create, length=0) as answer:
        if answer.status not in {201, 409}:
            raise AzuriteError(f"Azurite answers {answer.status} to a new container {container}")


async def delete_container(backend: Backend, container: str) -> None:
    """Delete a container with its blobs, leased or not. Raises AzuriteError if that is refused."""
    lease = {"restype": "container", "comp": "lease"}
    end = {"x-ms-lease-action": "break", "x-ms-lease-break-period": "0"}
    for method, query, headers, expected in (
        ("PUT", lease, end, {202, 404, 409}),
        ("DELETE", {"restype": "container"}, {}, {202, 404}),
    ):
        step = Forwarded(method, f"/{container}", query, headers, takes_body=False)
        async with backend.send(step, length=0) as answer:
            if answer.status not in expected:
                raise AzuriteError(f"Azurite answers {answer.status} to the end of {container}")
