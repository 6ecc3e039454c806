"""Blob Storage: verified tokens and every role assignment enforced, in front of Azurite.

This package exports Azurite alone, which a start needs first. The modules that serve an account,
such as `plane`, are imported by their own names: their imports take a large part of a start.
"""

from sandbox.storage.azurite import Azurite, free_port
from sandbox.storage.azurite_fetch import fetch
from sandbox.storage.installation import AzuriteError

__all__ = ["Azurite", "AzuriteError", "fetch", "free_port"]
