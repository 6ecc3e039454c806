"""Blob Storage as services know it: every request walks authenticate, name, decide, serve."""

import logging

from aiohttp import web

from sandbox.assumptions import LIKELY, Assumptions
from sandbox.audit import AuditError, Gate
from sandbox.deployment import StorageAccount
from sandbox.entra import Caller, Verifier
from sandbox.storage.authenticate import authenticate
from sandbox.storage.backend import LONGEST_HEADER, Backend
from sandbox.storage.cors import Cors
from sandbox.storage.decide import Permitted, decide
from sandbox.storage.errors import Refused, invalid_header
from sandbox.storage.existence import refuse_missing
from sandbox.storage.name import Named, name
from sandbox.storage.rendering import response
from sandbox.storage.request import BlobRequest, read_request
from sandbox.storage.serve import serve
from sandbox.storage.serve_batch import serve_batch
from sandbox.storage.serve_from_url import serve_from_url
from sandbox.storage.versions import exists

_LOG = logging.getLogger(__name__)
# The longest blob name, every character of it encoded, and a query.
_LONGEST_LINE = 24 * 1024


class BlobStorage:
    """One storage account, in front of Azurite."""

    def __init__(
        self,
        account: StorageAccount,
        tenant_id: str,
        verifier: Verifier,
        gate: Gate,
        backend: Backend,
        *,
        assumed: Assumptions = LIKELY,
    ) -> None:
        self._account = account
        self._tenant_id = tenant_id
        self._verifier = verifier
        self._gate = gate
        self._backend = backend
        self._assumed = assumed
        self._cors = Cors(backend)

    def application(self) -> web.Application:
        """The account as an HTTP application. It starts and stops its way to Azurite itself."""
        application = web.Application(
            handler_args={
                "auto_decompress": False,
                "max_field_size": LONGEST_HEADER,
                "max_line_size": _LONGEST_LINE,
            }
        )
        # A pattern of our own, since `.` does not match a line break, which a blob name may hold.
        everything = r"/{target:[\s\S]*}"
        application.router.add_route("*", everything, self._answer, expect_handler=_not_yet)
        application.on_response_prepare.append(self._finish)
        application.on_startup.append(lambda _: self._backend.start())
        application.on_cleanup.append(lambda _: self._backend.stop())
        return application

    async def permit(self, asked: BlobRequest) -> Permitted:
        """What may be done of what is asked, on record. Raises Refused."""
        label, identity = asked.label, ""
        try:
            caller = authenticate(asked, self._verifier, self._tenant_id, self._assumed)
            identity = caller.name
            named = name(asked, self._account, self._assumed)
            label = named.operation.name
            return await self._decide(named, caller)
        except Refused as refused:
            self._record(refused, label, identity)
            raise

    async def _decide(self, named: Named, caller: Caller) -> Permitted:
        try:
            return decide(named, caller, self._gate, self._assumed)
        except Refused as denied:
            if denied.status == 403 and self._assumed.blob_missing == "existence":
                await refuse_missing(named, self._backend)
            raise

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            asked = self._read(request)
            permitted = await self.permit(asked)
            return await self._serve(request, permitted)
        except Refused as refused:
            return response(refused.failure, request.method, request.headers)
        except AuditError as unrecorded:
            _LOG.error("blob storage cannot put on record what it is asked: %s", unrecorded)
            busy = Refused("ServerBusy", headers={"Retry-After": "1"})
            return response(busy.failure, request.method, request.headers)

    def _read(self, request: web.Request) -> BlobRequest:
        try:
            asked = read_request(request.method, request.raw_path, request.headers.items())
            _check_host(asked, self._account.host)
            _check_version(asked.headers.get("x-ms-version", ""))
        except Refused as refused:
            self._record(refused, request.method)
            raise
        return asked

    async def _serve(self, request: web.Request, permitted: Permitted) -> web.StreamResponse:
        endpoint = f"https://{self._account.host}/"
        try:
            if permitted.named.operation.name == "BlobBatch":
                return await serve_batch(request, permitted, self.permit, self._backend)
            if permitted.named.operation.name == "SetBlobServiceProperties":
                self._cors.forget()
            if permitted.named.operation.reads_source:
                return await serve_from_url(
                    request, permitted, self.permit, self._backend, endpoint
                )
            return await serve(request, permitted, self._backend, endpoint)
        except Refused as refused:
            self._record(refused, permitted.named.operation.name, permitted.caller.name)
            raise

    async def _finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add what depends on how it is asked: in recordings every GET and HEAD has a Vary."""
        if request.method not in {"GET", "HEAD"} or "x-ms-version" not in response.headers:
            return
        if request.method == "HEAD" and response.status >= 400:
            # Azure ends it in no chunk, rather than to tell a length of nothing.
            response.headers["Transfer-Encoding"] = "chunked"
        if await self._cors.has_rules():
            response.headers["Vary"] = "Origin"

    def _record(self, refused: Refused, operation: str, identity: str = "") -> None:
        if not refused.recorded:
            self._gate.refuse("blob", operation, refused.reason, identity)


async def _not_yet(_request: web.Request) -> None:
    """Nobody is told to go on with a body before the request is allowed."""


def _check_host(asked: BlobRequest, host: str) -> None:
    """Azurite would take any account's name, and its `-secondary` too."""
    if asked.headers.get("Host", "").lower().removesuffix(":443") != host:
        raise invalid_header("Host", asked.headers.get("Host", ""))


def _check_version(version: str) -> None:
    """Raise Refused for a version that does not exist; Azure checks it before the token.

    Azure/azure-sdk-for-net issue 45302 has the headers of the answer, too.
    """
    if version and not exists(version):
        raise invalid_header("x-ms-version", version, early=True)
