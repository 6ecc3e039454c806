"""A vault that returns the same value for every secret and any token."""

import json

from aiohttp import web

_BODY = json.dumps(
    {
        "value": "whsec_" + "A" * 44,
        "id": "https://vault/secrets/any/0123456789abcdef0123456789abcdef",
        "attributes": {
            "enabled": True,
            "created": 1700000000,
            "updated": 1700000000,
            "recoveryLevel": "CustomizedRecoverable+Purgeable",
            "recoverableDays": 7,
        },
    }
).encode()


def application(tenant_id: str = "common") -> web.Application:
    """Return the vault as an application; the SDK first needs a challenge."""
    challenge = (
        f'Bearer authorization="https://login.microsoftonline.com/{tenant_id}",'
        ' resource="https://vault.azure.net"'
    )

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        if "Authorization" not in request.headers:
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        return web.Response(body=_BODY, content_type="application/json")

    made = web.Application()
    made.router.add_route("*", "/{path:.*}", answer)
    return made
