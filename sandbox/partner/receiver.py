"""The partner outside Azure, which verifies each webhook by its signature.

https://www.standardwebhooks.com
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from sandbox.broken_files import BrokenFileError
from sandbox.partner.fault import Fault, inject, take
from sandbox.partner.journal import FILE, Delivery, Journal, read
from sandbox.state import State

KEY_FILE = "partner.json"

_BODY_LIMIT = 256 * 1024
_FOREVER = 24 * 3600.0
_ID_SHOWN = 256
_log = logging.getLogger(__name__)


class Partner:
    """The receiver of webhooks at one host; its data is in the state folder."""

    def __init__(self, state: State, *urls: str, key_file: str = KEY_FILE) -> None:
        """`urls` are the services' settings, all with the same host; `key_file` keeps the key.

        Raises ValueError if one is not https.
        """
        for url in urls:
            address = urlsplit(url)
            if address.scheme != "https" or not address.hostname or address.port not in {None, 443}:
                raise ValueError(f"the partner's address must be https, at port 443: {url}")
        (self.host,) = {str(urlsplit(url).hostname) for url in urls}
        self._paths = {urlsplit(url).path or "/" for url in urls}
        self._state = state
        self._key_file = key_file
        self._journal: Journal

    @property
    def has_key(self) -> bool:
        """True if it has a key. Raises ValueError if the file of the key is broken."""
        return self._held() is not None

    def accept(self, key: str) -> None:
        """Replace the signing key.

        Raises ValueError if it is malformed, OSError if it cannot be stored.
        """
        try:
            Webhook(key)
        except Exception as error:
            raise ValueError("not a signing key of Standard Webhooks") from error
        self._state.write_json(self._key_file, {"key": key})

    def inject(self, fault: Fault) -> None:
        """Answer the next calls with `fault`. Raises OSError if it cannot be written."""
        inject(self._state, fault)

    def deliveries(self) -> list[Delivery]:
        """Return all deliveries so far, in order."""
        return list(read(self._state.path(FILE)))

    def application(self) -> web.Application:
        """Return the partner as an HTTP application with its paths alone."""
        made = web.Application(client_max_size=_BODY_LIMIT)
        made.cleanup_ctx.append(self._keep_journal)
        for path in sorted(self._paths):
            made.router.add_post(path, self._receive)
        return made

    async def _keep_journal(self, _: web.Application) -> AsyncIterator[None]:
        self._journal = Journal(self._state.path(FILE))
        yield
        self._journal.close()

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        fault = self._fault()
        if fault:
            delivery = _call(request.headers, str(fault.answer), "injected fault")
        else:
            delivery = self._checked(request.headers, body)
        try:
            self._journal.write(delivery)
        except OSError as error:
            # What is not recorded was not taken: the sender tries again.
            _log.warning("The partner cannot record a webhook, so it takes none: %s", error)
            return web.Response(status=503)
        if delivery.answer == "hang":
            await asyncio.sleep(_FOREVER)
        later = fault.retry_after if fault else None
        headers = {} if later is None else {"Retry-After": str(later)}
        return web.Response(status=int(delivery.answer), headers=headers)

    def _fault(self) -> Fault | None:
        try:
            return take(self._state)
        except (ValueError, TypeError) as error:
            _log.warning("The partner ignores a fault that it cannot read: %s", error)
            return None

    def _checked(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        try:
            self._verify(headers, body)
        except (WebhookVerificationError, ValueError) as error:
            return _call(headers, "401", str(error))
        call, content = _call(headers, "204"), _content(body)
        repeated = self._journal.times_taken(call.id)
        return replace(
            call,
            type=str(content.get("type", "")),
            photo=str(content.get("subject", "")),
            repeated=repeated,
            body="" if repeated else body.decode(),
        )

    def _verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Verify by the key in the state folder, read for each call, so that a new one counts.

        Raises WebhookVerificationError, or ValueError for a malformed signature.
        """
        held = self._held()
        if held is None:
            raise WebhookVerificationError("there is no signing key yet")
        held.verify(body, dict(headers), json_parse=False)

    def _held(self) -> Webhook | None:
        held = self._state.read_json(self._key_file)
        try:
            return None if held is None else Webhook(held["key"])
        except Exception as error:  # whatever the file holds instead
            raise BrokenFileError(self._state.path(self._key_file), "it holds no key") from error


def _content(body: bytes) -> Mapping[str, object]:
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _call(headers: Mapping[str, str], answer: str, reason: str = "") -> Delivery:
    time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Delivery(time, answer, headers.get("webhook-id", "")[:_ID_SHOWN], reason=reason)
