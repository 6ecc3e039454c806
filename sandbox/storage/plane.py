"""Blob Storage: an account's steps of the walk, and the HTTP application that they make."""

from aiohttp import web

from sandbox.audit import Gate
from sandbox.deployment import StorageAccount
from sandbox.entra import Caller, Verifier
from sandbox.plane import Granted, Plane
from sandbox.rbac import Allowed, Denied
from sandbox.refusal import Refusal
from sandbox.storage.account_keys import AccountKeys
from sandbox.storage.authenticate import authenticate
from sandbox.storage.backend import LONGEST_HEADER, Backend
from sandbox.storage.containers import delete_container, make_container
from sandbox.storage.cors import Cors
from sandbox.storage.delegation_keys import DelegationKeys
from sandbox.storage.errors import StorageError, busy, invalid_header, refusal
from sandbox.storage.existence import Denial, denial, missing
from sandbox.storage.name import Named, name
from sandbox.storage.recognise import Table
from sandbox.storage.rendering import error_response
from sandbox.storage.request import BlobRequest, of_a_sas, read_request
from sandbox.storage.retention import check_retention
from sandbox.storage.sas import SasCaller
from sandbox.storage.sas_rights import check_permissions
from sandbox.storage.serve import serve
from sandbox.storage.serve_batch import serve_batch
from sandbox.storage.serve_delegation_key import serve_delegation_key
from sandbox.storage.serve_from_url import serve_from_url
from sandbox.storage.shared_key import BY_KEY
from sandbox.storage.source_rights import permitted_source
from sandbox.storage.versions import exists
from sandbox.walk import permit, walk

# The longest blob name, every character of it encoded, and a query.
_LONGEST_LINE = 24 * 1024
_READ = web.RequestKey("read", BlobRequest)


class BlobStorage(Plane[web.Request | BlobRequest, Named]):
    """One storage account, in front of Azurite.

    The steps take a request over HTTP, or one that is read already: a part of a batch, or the
    reading of a source.
    """

    service = "blob"
    unrecorded: Refusal = busy()

    def __init__(
        self,
        account: StorageAccount,
        tenant_id: str,
        verifier: Verifier,
        gate: Gate,
        backend: Backend,
        *,
        table: Table | None = None,
        existence_first: bool = False,
        every_detail: bool = True,
        keys: AccountKeys | None = None,
        delegation: DelegationKeys | None = None,
    ) -> None:
        """`existence_first` answers a denial with 404 if the blob or container does not exist.

        Without `every_detail`, the error of a bad token explains only what Azure has been seen to
        explain. Without `keys`, the account takes no key. Without `delegation`, its user
        delegation keys end with it.
        """
        self._account = account
        self._tenant_id = tenant_id
        self._verifier = verifier
        self._gate = gate
        self._backend = backend
        self._table = table or Table()
        self._existence_first = existence_first
        self._every_detail = every_detail
        self._keys = keys
        self._delegation = delegation or DelegationKeys()
        self._cors = Cors(backend)

    def application(self) -> web.Application:
        """Return the account as an HTTP application, which connects to Azurite as it starts."""
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
        application.on_response_prepare.append(self._cors.finish)
        application.on_startup.append(lambda _: self._backend.start())
        application.on_cleanup.append(lambda _: self._backend.stop())
        return application

    async def deploy(self, account: StorageAccount, keys: AccountKeys | None) -> None:
        """Become `account`, which has the same name: make its new containers, delete the others.

        A container goes with its blobs. One that was created by hand stays. `keys` are as at the
        start. Raises AzuriteError or aiohttp.ClientError.
        """
        self._keys = keys
        for each in account.containers:
            await make_container(self._backend, each)
        for each in set(self._account.containers) - set(account.containers):
            await delete_container(self._backend, each)
        self._account = account

    def authenticate(self, request: web.Request | BlobRequest) -> Caller:
        """Return the caller. Raises Refusal, also for a target, host or version that is invalid."""
        read = self._read(request)
        return authenticate(
            read,
            self._verifier,
            self._tenant_id,
            account=self._account.name,
            delegation=self._delegation,
            every_detail=self._every_detail,
            keys=self._keys,
        )

    def name(self, request: web.Request | BlobRequest) -> Named:
        """Return the operation, and what it requires. Raises Refusal."""
        return name(self._read(request), self._account, self._table)

    def decide(self, gate: Gate, caller: Caller, named: Named) -> tuple[Allowed, ...]:
        """Return what allows the operation. Raises Refusal 403, whether the blob exists or not.

        501 for an operation that is not offered, to a caller with the right to it; 404 for one that
        takes no token. An account key authorizes everything, by no assignment.
        """
        is_keyed = caller is BY_KEY
        if isinstance(caller, SasCaller):
            self._check_permissions(caller, named)
            is_keyed = caller.is_keyed
        if is_keyed:
            gate.by_key(self.service, named.operation.name, caller, *named.requirements)
            allowed: tuple[Allowed, ...] = ()
        elif not named.operation.takes_token:
            raise self._recorded(refusal("ResourceNotFound"), caller, named)
        else:
            allowed = super().decide(gate, caller, named)
        try:
            if not named.operation.offered:
                raise refusal("NotImplemented")
            if self._account.retains:
                check_retention(named, self._account)
        except Refusal as refused:
            raise self._recorded(refused, caller, named) from None
        return allowed

    def deny(self, caller: Caller, named: Named, denied: Denied) -> Refusal:
        """Return Azure's 403; `render` puts 404 in its place if existence comes first."""
        return denial(named)

    def label(self, request: web.Request | BlobRequest, step: str) -> str:
        """Return the method of a request, and its level if its target can be read."""
        read = request if isinstance(request, BlobRequest) else request.get(_READ)
        return f"{read.method} {read.target.level}" if read else request.method

    async def permit(self, request: BlobRequest) -> Granted[Named]:
        """Return what is granted of a request that another one holds. Raises Refusal."""
        try:
            return permit(self, self._gate, request)
        except Refusal as refused:
            raise await self._by_existence(refused) from refused

    async def serve(self, request: web.Request, granted: Granted[Named]) -> web.StreamResponse:
        """Return the answer to a request that is allowed. Raises Refusal, on record."""
        try:
            return await self._serve(request, granted)
        except Refusal as refused:
            raise self._recorded(refused, granted.caller, granted.named) from None

    async def render(self, request: web.Request, refusal: Refusal) -> web.Response:
        """Return the error as XML."""
        error = await self._by_existence(refusal)
        return error_response(error, request.method, request.headers)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        return await walk(self, self._gate, request)

    def _read(self, request: web.Request | BlobRequest) -> BlobRequest:
        if isinstance(request, BlobRequest):
            return request
        if _READ not in request:
            read = read_request(request.method, request.raw_path, request.headers.items())
            if read.target.sas:
                read = of_a_sas(read, request.remote or "")
            _check_host(read, self._account.host)
            _check_version(read.headers.get("x-ms-version", ""))
            request[_READ] = read
        return request[_READ]

    def _check_permissions(self, caller: SasCaller, named: Named) -> None:
        try:
            check_permissions(named, caller)
        except Refusal as refused:
            raise self._recorded(refused, caller, named) from None

    async def _serve(self, request: web.Request, granted: Granted[Named]) -> web.StreamResponse:
        operation, backend = granted.named.operation, self._backend
        endpoint = f"https://{self._account.host}/"
        if operation.name == "GetUserDelegationKey":
            return await serve_delegation_key(
                request,
                granted.caller,
                self._delegation,
                account=self._account.name,
                tenant_id=self._tenant_id,
                now=self._verifier.now(),
            )
        if operation.name == "BlobBatch":
            return await serve_batch(request, granted, self.permit, backend)
        if operation.reads_source:
            return await serve_from_url(request, granted, self.permit, backend, endpoint)
        if granted.named.reads_apart or _is_copy_by_key(granted):
            await permitted_source(granted.named, self.permit)
        if operation.name == "SetBlobServiceProperties":
            self._cors.forget()
        return await serve(request, granted, backend, endpoint)

    async def _by_existence(self, refusal: Refusal) -> StorageError:
        """Return 404 in place of a denial on something that does not exist, if that comes first."""
        assert isinstance(refusal, StorageError)  # noqa: S101 (no step raises another)
        if self._existence_first and isinstance(refusal, Denial):
            return await missing(refusal.named, self._backend) or refusal
        return refusal

    def _recorded(self, refusal: Refusal, caller: Caller, named: Named) -> Refusal:
        self._gate.refuse(self.service, named.operation.name, refusal.reason, caller.name)
        return refusal


def _is_copy_by_key(granted: Granted[Named]) -> bool:
    """Return whether a key authorizes a copy at once, which reads no source by itself.

    Azure/azure-sdk-for-python, azure-storage-blob, tests/test_common_blob.py,
    test_start_copy_from_url_with_oauth.
    """
    return granted.caller is BY_KEY and granted.named.operation.name == "CopyBlobFromURL"


async def _not_yet(_request: web.Request) -> None:
    """Send no 100 Continue before the request is allowed: see serve.py."""


def _check_host(request: BlobRequest, host: str) -> None:
    """Raise Refusal for another account's name: Azurite takes any, and `-secondary` too."""
    if request.headers.get("Host", "").lower().removesuffix(":443") != host:
        raise invalid_header("Host", request.headers.get("Host", ""))


def _check_version(version: str) -> None:
    """Raise Refusal for a version that does not exist; Azure checks it before the token.

    Azure/azure-sdk-for-net issue 45302 has the headers of the answer, too.
    """
    if version and not exists(version):
        raise invalid_header("x-ms-version", version, early=True)
