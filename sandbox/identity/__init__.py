"""The managed identity endpoint that Container Apps gives each app's code."""

from sandbox.identity.cache import TokenCache
from sandbox.identity.endpoint import PATH, PROGRAM_HEADER, IdentityEndpoint, error_response

__all__ = ["PATH", "PROGRAM_HEADER", "IdentityEndpoint", "TokenCache", "error_response"]
