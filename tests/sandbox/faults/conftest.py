"""A deployment, an authority and a signing key for all tests of faults."""

from tests.sandbox.keyvault.conftest import ca, deployment, signing

__all__ = ["ca", "deployment", "signing"]
