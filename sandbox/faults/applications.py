"""The applications of the planes that speak HTTP, each with its faults in front of it."""

from aiohttp import web

from sandbox.audit import Gate
from sandbox.faults.active import Faults
from sandbox.faults.consistency import consistent_later
from sandbox.faults.partner import PartnerDoor
from sandbox.faults.requests import PlaneDoor, around
from sandbox.keyvault import KeyVault
from sandbox.partner.receiver import Partner
from sandbox.storage.plane import BlobStorage


def of_account(account: BlobStorage, faults: Faults, gate: Gate) -> web.Application:
    """Return the application of a storage account."""
    return around(account.application(), PlaneDoor(account), faults, gate)


def of_vault(vault: KeyVault, faults: Faults, gate: Gate) -> web.Application:
    """Return the application of a vault."""
    application = consistent_later(vault.application(), vault, faults, gate)
    return around(application, PlaneDoor(vault), faults, gate)


def of_partner(partner: Partner, faults: Faults, gate: Gate) -> web.Application:
    """Return the application of a partner outside Azure."""
    return around(partner.application(), PartnerDoor(), faults, gate)
