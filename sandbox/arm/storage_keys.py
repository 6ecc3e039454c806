"""The keys of storage accounts, as the control plane lists them.

https://learn.microsoft.com/rest/api/storagerp/storage-accounts/list-keys
"""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.arm.name import LIST_KEYS, Named
from sandbox.deployment import Deployment, StorageAccount

# Returns the keys of an account by name; none for an account that takes tokens alone.
KeysOf = Callable[[StorageAccount], Mapping[str, str]]


class StorageKeys:
    """Lists the keys of each account that allows them. `deployment` may be replaced."""

    def __init__(self, deployment: Deployment, keys_of: KeysOf) -> None:
        self.deployment = deployment
        self._keys_of = keys_of

    def knows(self, named: Named) -> bool:
        """Return whether a request is for the keys of an account that has any."""
        return named.operation == LIST_KEYS and bool(self._keys(named.scope))

    def list(self, account_id: str) -> Mapping[str, Any]:
        """Return the keys of an account that is known."""
        keys = self._keys(account_id).items()
        return {
            "keys": [
                {"keyName": name, "value": value, "permissions": "FULL"} for name, value in keys
            ]
        }

    def _keys(self, account_id: str) -> Mapping[str, str]:
        for each in self.deployment.accounts:
            if each.id.lower() == account_id.lower():
                return self._keys_of(each)
        return {}
