"""Blob Storage: verified tokens and every role assignment enforced, in front of Azurite."""

from sandbox.storage.account_keys import AccountKeys
from sandbox.storage.azurite import Azurite, free_port
from sandbox.storage.azurite_fetch import fetch
from sandbox.storage.backend import Backend
from sandbox.storage.delegation_keys import DelegationKeys
from sandbox.storage.installation import AzuriteError
from sandbox.storage.plane import BlobStorage
from sandbox.storage.recognise import adapted

__all__ = [
    "AccountKeys",
    "Azurite",
    "AzuriteError",
    "Backend",
    "BlobStorage",
    "DelegationKeys",
    "adapted",
    "fetch",
    "free_port",
]
