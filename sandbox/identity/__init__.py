"""The managed identity endpoint that Container Apps gives each app's code."""

from sandbox.identity.endpoint import PATH, IdentityEndpoint

__all__ = ["PATH", "IdentityEndpoint"]
