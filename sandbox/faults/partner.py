"""Faults of the partner outside Azure, which knows its callers by no token.

sandbox/partner/fault.py counts calls instead of seconds, for tests.
"""

from aiohttp import web

from sandbox.faults.requests import Door, Known
from sandbox.refusal import Refusal


class PartnerDoor(Door):
    """The partner's address for webhooks."""

    service = "partner"

    def known(self, request: web.Request) -> Known:
        return Known("Webhook")

    async def render(self, request: web.Request, refusal: Refusal) -> web.StreamResponse:
        return web.Response(status=refusal.status, headers=refusal.headers)

    def unrecorded(self) -> Refusal:
        return Refusal(503, "", "")
