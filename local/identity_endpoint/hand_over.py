"""The environment files that give each service its settings and its identity endpoint."""

from collections.abc import Mapping

from local.identity_endpoint.identities import Identity, kept
from local.identity_endpoint.settings import Settings
from sandbox.handover import SETTINGS, SURROUNDINGS, as_exports, beside_a_proxy, hand_over

# The service's name in docker-compose.yml, and the port of Container Apps' own endpoint.
ADDRESS = "http://azure-identity:42356/msi/token"
# Hosts in a service's own network; Azure may be behind a company's proxy.
_NEIGHBOURS = ("azure-identity", "azure-catalog")


def identities(settings: Settings) -> list[Identity]:
    """Return the services' identities, after writing their files. Raises OSError or ValueError."""
    known = kept(settings.sign_in / "identities.json", settings.services)
    for each in known:
        told = {
            SETTINGS: as_exports(settings.services[each.service]),
            SURROUNDINGS: as_exports(_surroundings(each)) + beside_a_proxy(*_NEIGHBOURS),
        }
        hand_over(settings.environments / each.service, told)
    return known


def _surroundings(identity: Identity) -> Mapping[str, str]:
    return {
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
        "AZURE_CLIENT_ID": identity.client_id,
        "IDENTITY_ENDPOINT": ADDRESS,
        "IDENTITY_HEADER": identity.header,
    }
