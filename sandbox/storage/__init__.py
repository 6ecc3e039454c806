"""Blob Storage: verified tokens and every role assignment enforced, in front of Azurite."""

from sandbox.storage.azurite import Azurite, free_port
from sandbox.storage.backend import Backend
from sandbox.storage.gateway import BlobStorage
from sandbox.storage.node import AzuriteError

__all__ = ["Azurite", "AzuriteError", "Backend", "BlobStorage", "free_port"]
