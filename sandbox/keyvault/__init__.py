"""The secrets of Azure Key Vault: every token verified, every role assignment enforced."""

from sandbox.keyvault.database import DatabaseError
from sandbox.keyvault.encryption import load_key
from sandbox.keyvault.plane import KeyVault

__all__ = ["DatabaseError", "KeyVault", "load_key"]
