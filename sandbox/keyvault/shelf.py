"""What all operations share: a vault's live and deleted secrets, and the look for one of them."""

from collections.abc import Callable
from typing import Literal

from sandbox.deployment import Vault
from sandbox.keyvault import errors
from sandbox.keyvault.database import Database
from sandbox.keyvault.name import Named
from sandbox.keyvault.secret import DeletedSecret, SecretVersion
from sandbox.keyvault.store import Secrets
from sandbox.keyvault.trash import Trash


class Shelf:
    """A vault's secrets and the clock that they are dated by.

    `versions_by` is the order in which it lists the versions of a secret.
    """

    def __init__(
        self,
        vault: Vault,
        database: Database,
        clock: Callable[[], float],
        versions_by: Literal["creation", "id"] = "creation",
    ) -> None:
        self.vault = vault
        self.versions_by = versions_by
        self.database = database
        self.secrets = Secrets(database)
        self.trash = Trash(database)
        self._clock = clock

    def now(self) -> int:
        """The time in whole seconds, as Key Vault dates things."""
        return int(self._clock())

    def found(self, named: Named) -> SecretVersion:
        """The version that is named, or the latest. Raises Refusal 404."""
        found = self.secrets.get(named.secret, named.version)
        if found is None:
            raise errors.not_found(named.secret, named.version)
        return found

    def found_deleted(self, named: Named) -> DeletedSecret:
        """The deleted secret that is named. Raises Refusal 404."""
        found = self.trash.get(named.secret)
        if found is None:
            raise errors.deleted_not_found(named.secret)
        return found

    def refuse_deleted(self, name: str) -> None:
        """Raises Refusal 409 if `name` belongs to a deleted secret."""
        if self.trash.get(name):
            raise errors.name_is_deleted(name)
