"""The keys of a storage account that allows shared keys: two, as on Azure, made at first use.

https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage
"""

import base64
import binascii
import secrets
from dataclasses import dataclass, field

from sandbox.broken_files import BrokenFileError
from sandbox.state import State

_FILE = "account-keys.json"
_NAMES = ("key1", "key2")
_BYTES = 64


@dataclass(frozen=True)
class AccountKeys:
    """The keys of the account called `account`, by name. Each authorizes every request."""

    account: str
    by_name: dict[str, bytes] = field(repr=False)

    @classmethod
    def kept_in(cls, state: State, account: str) -> "AccountKeys":
        """Return the account's keys in `state`, made at first use: a leaked key outlives a restart.

        Raises BrokenFileError, or OSError.
        """
        found = state.read_json(_FILE)
        kept = {} if found is None else found
        try:
            if account not in kept:
                kept[account] = {name: _encoded(secrets.token_bytes(_BYTES)) for name in _NAMES}
                state.write_json(_FILE, kept)
            return cls(account, {name: _decoded(kept[account][name]) for name in _NAMES})
        except (TypeError, KeyError, binascii.Error) as error:
            raise BrokenFileError(state.path(_FILE), "it holds no keys") from error

    @property
    def shown(self) -> dict[str, str]:
        """The keys by name, as the control plane lists them."""
        return {name: _encoded(key) for name, key in self.by_name.items()}


def _encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _decoded(key: str) -> bytes:
    return base64.b64decode(key, validate=True)
