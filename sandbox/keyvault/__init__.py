"""The secrets data plane of Azure Key Vault: verified tokens, every role assignment enforced."""

from sandbox.keyvault.database import DatabaseError
from sandbox.keyvault.plane import KeyVault
from sandbox.keyvault.seal import kept_key

__all__ = ["DatabaseError", "KeyVault", "kept_key"]
