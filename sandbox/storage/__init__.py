"""Blob Storage: verified tokens and every role assignment enforced, in front of Azurite."""

from sandbox.storage.azurite import Azurite, AzuriteError, free_port
from sandbox.storage.backend import Backend
from sandbox.storage.plane import BlobStorage

__all__ = ["Azurite", "AzuriteError", "Backend", "BlobStorage", "free_port"]
