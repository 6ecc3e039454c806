"""Blob Storage: verified tokens and every role assignment enforced, in front of Azurite.

This package exports Azurite alone, which a start needs first. Import `plane` and the others
themselves, to serve an account: they take longer to import than everything before them.
"""

from sandbox.storage.azurite import Azurite, free_port
from sandbox.storage.azurite_fetch import fetch
from sandbox.storage.installation import AzuriteError

__all__ = ["Azurite", "AzuriteError", "fetch", "free_port"]
