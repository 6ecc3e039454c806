"""The secrets data plane of Azure Key Vault: verified tokens, every role assignment enforced."""

from sandbox.keyvault.database import DatabaseError
from sandbox.keyvault.seal import kept_key
from sandbox.keyvault.vault import KeyVault

__all__ = ["DatabaseError", "KeyVault", "kept_key"]
