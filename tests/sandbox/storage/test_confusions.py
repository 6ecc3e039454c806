"""Requests that mean one thing to the gateway and another to Azurite, if either lets them."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.sandbox.storage.harness import VERSION, Answer, Storage

BLOCK = {"x-ms-blob-type": "BlockBlob"}


@pytest.fixture
def kept(storage: Storage) -> Iterator[str]:
    """A blob that no attack may change; its owner reads it in the end."""
    target = "/thumbnails/kept"
    assert storage.send("PUT", target, "owner", BLOCK, b"kept").status == 201
    yield target
    assert storage.send("GET", target, "owner").body == b"kept"


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
@pytest.mark.parametrize("name", ["X-HTTP-Method", "X-HTTP-Method-Override", "x-ms-http-method"])
def test_a_header_never_turns_a_request_into_a_deletion(
    storage: Storage, kept: str, method: str, name: str
) -> None:
    target = f"{kept}?comp=tags" if method == "PUT" else kept
    answer = storage.send(method, target, "gateway", {name: "DELETE"})
    assert answer.status == (403 if method == "PUT" else 200)
    storage.send(method, target, "owner", {name: "DELETE"})


@pytest.mark.parametrize(
    "query",
    [
        "COMP=tags",
        "Comp=tags",
        "comp=Tags",
        "comp=tags&comp=metadata",
        "comp=tags&COMP=tags",
        "comp[]=tags",
        "comp%5B%5D=tags",
        "c%6Fmp=tags",
        "comp",
        "comp=",
        "comp=tags%00",
        "comp=unknown",
        "restype=container&comp=tags",
        "versionid=2024-01-01T00:00:00.0000000Z",
        "deletetype=permanent",
        "unknown=1",
        "snapshot=yesterday",
        "snapshot=",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_odd_parameter_is_refused_for_every_caller(
    storage: Storage, kept: str, method: str, query: str
) -> None:
    answer = storage.send(method, f"{kept}?{query}", "owner", BLOCK, b"overwritten")
    assert answer.status in {400, 405}
    codes = ("InvalidQueryParameterValue", "UnsupportedHttpVerb", "UnsupportedQueryParameter")
    assert any(f"<Code>{each}</Code>" in answer.text for each in codes)
    assert storage.audited()[-1].outcome == "refused"


def test_page_ranges_that_differ_from_a_snapshot_are_refused(storage: Storage) -> None:
    page = {"x-ms-blob-type": "PageBlob", "x-ms-blob-content-length": "512"}
    assert storage.send("PUT", "/scratch/pages", "owner", page).status == 201
    ranges = "/scratch/pages?comp=pagelist"
    assert storage.send("GET", ranges, "owner").status == 200
    snapshot = "prevsnapshot=2024-01-01T00:00:00.0000000Z"
    assert storage.send("GET", f"{ranges}&{snapshot}", "owner").code == "UnsupportedQueryParameter"
    header = {"x-ms-previous-snapshot-url": "https://x"}
    assert storage.send("GET", ranges, "owner", header).code == "UnsupportedHeader"


def test_setting_tags_never_becomes_a_put(storage: Storage, kept: str) -> None:
    answer = storage.send("PUT", f"{kept}?comp=tags", "owner", BLOCK, b"<Tags><TagSet/></Tags>")
    assert answer.status == 204


@pytest.mark.parametrize(
    ("headers", "code"),
    [({}, "MissingRequiredHeader"), ({"x-ms-blob-type": "Odd"}, "InvalidHeaderValue")],
)
def test_a_put_without_a_blob_type_gets_an_error_that_says_so(
    storage: Storage, headers: dict[str, str], code: str
) -> None:
    answer = storage.send("PUT", "/scratch/of-no-kind", "owner", headers)
    assert (answer.status, answer.code) == (400, code)
    assert "<HeaderName>x-ms-blob-type</HeaderName>" in answer.text
    assert storage.send("PUT", "/scratch/of-no-kind", "owner", BLOCK).status == 201


def test_setting_metadata_never_becomes_a_copy(storage: Storage, kept: str) -> None:
    other = f"https://{storage.host}/thumbnails/other"
    headers = {"x-ms-copy-source": other, "x-ms-requires-sync": "true"}
    assert storage.send("PUT", f"{kept}?comp=metadata", "owner", headers).status == 200


def test_renewing_a_lease_without_its_id_never_makes_a_container(storage: Storage) -> None:
    target = "/never-made?restype=container&comp=lease"
    answer = storage.send("PUT", target, "owner", {"x-ms-lease-action": "renew"})
    assert (answer.status, answer.code) == (400, "MissingRequiredHeader")
    assert storage.send("GET", "/never-made?restype=container", "owner").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/originals/../thumbnails/kept",
        "/originals/%2E%2E/thumbnails/kept",
        "/originals/..%2Fthumbnails/kept",
        "/originals/%5C..%5C..%5Cthumbnails%5Ckept",
        "/thumbnails%2Fkept",
        "/thumbnails%5Ckept",
        "//thumbnails/kept",
        "/%2Fthumbnails/kept",
        "/./thumbnails/kept",
        "/Thumbnails/kept",
        "/thumbnails/%C0%AEkept",
        "/thumbnails/kept%00",
        "/thumbnails/kept#x",
        "/thumbnails/%",
    ],
)
def test_no_path_leads_where_it_does_not_say(storage: Storage, kept: str, path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = storage.send(method, path, "owner", BLOCK, b"overwritten")
        assert answer.status in {400, 404}
        if answer.status == 400:
            assert answer.code in {"InvalidUri", "InvalidResourceName"}


def test_a_slash_in_the_account_does_not_lead_into_it(storage: Storage) -> None:
    """Azurite serves /account/container/blob too, where no account is in the Host."""
    path = f"/{storage.deployment.storage.name}/thumbnails/kept"
    assert storage.send("GET", path, "owner").code in {"ContainerNotFound", "InvalidResourceName"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a%2Fb", "a/b"),
        ("a%252Fb", "a%2Fb"),
        ("a%5Cb", "a/b"),
        ("..a", "..a"),
        ("...", "..."),
        ("%2525", "%25"),
        ("a//b", "a//b"),
        ("%3Fcomp=tags", "?comp=tags"),
        ("a%23b%26c=d+e", "a#b&c=d+e"),
        ("%F0%9F%93%B7%20'%22%3C%3E", "📷 '\"<>"),
        ("comp=acl", "comp=acl"),
        ("trailing%20", "trailing "),
        ("DELETE%20/x%20HTTP/1.1", "DELETE /x HTTP/1.1"),
        ("line%0D%0Abreak", "line\r\nbreak"),
    ],
)
def test_a_legal_name_stays_itself(storage: Storage, path: str, name: str) -> None:
    assert storage.send("PUT", f"/scratch/{path}", "owner", BLOCK, b"odd").status == 201
    assert storage.send("GET", f"/scratch/{path}", "owner").body == b"odd"
    if "\r" not in name:  # XML folds line breaks, so the SDK could not see it in a listing
        found = [
            each.name for each in storage.sdk("owner").get_container_client("scratch").list_blobs()
        ]
        assert name in found
    assert storage.send("DELETE", f"/scratch/{path}", "owner").status == 202


LOOKS_LIKE_A_REQUEST = [
    "kept?comp=tags",
    "kept?snapshot=2024-01-01T00:00:00.0000000Z",
    "kept#fragment",
    "%2F..%2Foriginals%2Fkept",
    "%252e%252e",
    "a%5Cb",
    "/empty//segments/",
    "...",
    "..kept",
    "restype=container&comp=list",
    "comp[]=tags;COMP=tags",
    "https://evil.example:443/x",
    "DELETE /thumbnails/kept HTTP/1.1",
    "-secondary",
    "+ &=\u20ac\U0001f4f7",
    "%C0%AE",
]


@pytest.mark.parametrize("name", LOOKS_LIKE_A_REQUEST)
def test_a_name_that_looks_like_an_attack_is_a_name_to_the_sdk(
    storage: Storage, kept: str, name: str
) -> None:
    container = storage.sdk("owner").get_container_client("scratch")
    container.get_blob_client(name).upload_blob(name.encode())
    assert container.get_blob_client(name).download_blob().readall() == name.encode()
    assert list(container.list_blob_names(name_starts_with=name)) == [name]
    container.get_blob_client(name).delete_blob()
    assert name not in list(container.list_blob_names())


def test_a_snapshot_is_found_under_its_own_blob_alone(storage: Storage) -> None:
    for name in ("of-this", "of-that"):
        storage.send("PUT", f"/scratch/{name}", "owner", BLOCK, b"before")
    moment = storage.send("PUT", "/scratch/of-this?comp=snapshot", "owner").headers["x-ms-snapshot"]
    storage.send("PUT", "/scratch/of-this", "owner", BLOCK, b"after")
    assert storage.send("GET", f"/scratch/of-this?snapshot={moment}", "owner").body == b"before"
    for method in ("GET", "HEAD", "DELETE"):
        answer = storage.send(method, f"/scratch/of-that?snapshot={moment}", "owner")
        assert (answer.status, answer.code) == (404, "BlobNotFound")
    assert storage.send("DELETE", f"/scratch/of-this?snapshot={moment}", "owner").status == 202
    assert storage.send("GET", "/scratch/of-this", "owner").body == b"after"


def test_the_longest_name_fits(storage: Storage) -> None:
    path = "/scratch/" + "%E2%82%AC" * 1024
    assert storage.send("PUT", path, "owner", BLOCK, b"long").status == 201
    assert storage.send("GET", path, "owner").body == b"long"
    assert storage.send("PUT", f"{path}x", "owner", BLOCK, b"long").code == "InvalidUri"


@pytest.mark.parametrize(
    "host",
    [
        "other.blob.core.windows.net",
        "{account}-secondary.blob.core.windows.net",
        "127.0.0.1",
        "localhost",
        "{host}.evil.example",
        "{host}:80",
    ],
)
def test_only_the_accounts_own_host_is_served(storage: Storage, kept: str, host: str) -> None:
    name = host.format(account=storage.deployment.storage.name, host=storage.host)
    answer = storage.send("GET", kept, "owner", {"Host": name})
    assert (answer.status, answer.code) == (400, "InvalidHeaderValue")
    assert storage.send("GET", kept, "owner", {"Host": storage.host.upper()}).status == 200


@pytest.mark.parametrize("target", ["https://{host}{kept}", "http://evil/x", "*", "{host}:443"])
def test_only_a_path_is_a_target(storage: Storage, kept: str, target: str) -> None:
    answer = storage.send("GET", target.format(host=storage.host, kept=kept), "owner")
    assert answer.status in {400, 404}


def start(storage: Storage, target: str, who: str = "owner", method: str = "PUT") -> str:
    return (
        f"{method} {target} HTTP/1.1\r\nHost: {storage.host}\r\nx-ms-version: {VERSION}\r\n"
        f"Authorization: Bearer {storage.token(who)}\r\nx-ms-blob-type: BlockBlob\r\n"
    )


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "Content-Length: +3\r\n\r\nabc",
        "Content-Length: -3\r\n\r\nabc",
        "Content-Length : 3\r\n\r\nabc",
        "x-ms-meta-a: b\r\n c\r\nContent-Length: 3\r\n\r\nabc",
        "x-ms-meta-a: b\r\nX-MS-META-A: c\r\nContent-Length: 3\r\n\r\nabc",
        "x-ms-blob-type: AppendBlob\r\nContent-Length: 3\r\n\r\nabc",
        "Host: other\r\nContent-Length: 3\r\n\r\nabc",
        "x-ms-meta-a: \xe9\r\nContent-Length: 3\r\n\r\nabc",
        "x-ms-meta-a-b: c\r\nContent-Length: 3\r\n\r\nabc",
        "x-ms-meta-: c\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
def test_a_request_that_two_readers_would_read_differently_is_refused(
    storage: Storage, lines: str
) -> None:
    answer = storage.wire((start(storage, "/scratch/framed") + lines).encode())
    assert 400 <= answer.status < 500
    assert storage.send("GET", "/scratch/framed", "owner").status == 404


def test_a_bare_line_feed_ends_no_header(storage: Storage) -> None:
    text = start(storage, "/scratch/framed") + "x-a: b\nx-ms-meta-c: d\r\nContent-Length: 0\r\n\r\n"
    assert storage.wire(text.encode()).status == 400


def test_a_request_in_a_body_is_nothing_but_a_body(storage: Storage, kept: str) -> None:
    inner = (start(storage, kept, method="DELETE") + "\r\n").encode()
    assert storage.send("PUT", "/scratch/inner", "owner", BLOCK, inner).status == 201
    assert storage.send("GET", "/scratch/inner", "owner").body == inner
    # Operations without a body are forwarded without one.
    assert storage.send("GET", "/scratch/inner", "owner", body=inner).body == inner
    lease = {"x-ms-lease-action": "break"}
    storage.send("PUT", "/scratch/inner?comp=lease", "owner", lease, inner)


def test_pipelined_requests_are_each_decided(storage: Storage, kept: str) -> None:
    first = start(storage, "/thumbnails/kept", "gateway", "GET") + "\r\n"
    second = start(storage, "/thumbnails/kept", "gateway", "DELETE") + "Connection: close\r\n\r\n"
    with storage.connect() as channel:
        channel.sendall((first + second).encode())
        received = b"".join(iter(lambda: channel.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert b"HTTP/1.1 403 This request is not authorized" in received


@pytest.mark.parametrize(
    "name",
    [
        "x-ms-encryption-key",
        "x-ms-encryption-scope",
        "x-ms-legal-hold",
        "x-ms-structured-body",
        "x-ms-copy-source-authorization",
        "x-ms-range-get-content-crc64",
    ],
)
def test_what_azurite_would_ignore_is_refused_instead(storage: Storage, name: str) -> None:
    answer = storage.send("PUT", "/scratch/ignored", "owner", BLOCK | {name: "x"}, b"x")
    assert (answer.status, answer.code) == (400, "UnsupportedHeader")
    assert storage.send("PUT", "/scratch/ignored", "owner", BLOCK, b"x").status == 201


@pytest.mark.parametrize("value", ["bytes=-2", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b"])
@pytest.mark.parametrize("name", ["Range", "x-ms-range"])
def test_a_range_that_azurite_misreads_is_refused(
    storage: Storage, kept: str, name: str, value: str
) -> None:
    assert storage.send("GET", kept, "owner", {name: value}).code == "InvalidHeaderValue"
    answer = storage.send("GET", kept, "owner", {name: "bytes=1-2"})
    assert (answer.status, answer.body) == (206, b"ep")


@pytest.mark.parametrize("access", ["blob", "container", ""])
def test_no_container_becomes_public(storage: Storage, access: str) -> None:
    header = {"x-ms-blob-public-access": access}
    for query in ("restype=container", "restype=container&comp=acl"):
        answer = storage.send("PUT", f"/public?{query}", "owner", header)
        assert (answer.status, answer.code) == (409, "PublicAccessNotPermitted")
    assert storage.send("GET", "/public/x", None).status == 401
    assert storage.send("PUT", "/public?restype=container", "owner").status == 201
    assert storage.send("DELETE", "/public?restype=container", "owner").status == 202


def test_a_stored_access_policy_opens_nothing(storage: Storage, kept: str) -> None:
    """Only a signature could name it, and signatures are off."""
    target = "/thumbnails?restype=container&comp=acl"
    policy = (
        b"<SignedIdentifiers><SignedIdentifier><Id>all</Id><AccessPolicy><Start>2020-01-01</Start>"
        b"<Expiry>2100-01-01</Expiry><Permission>rwdl</Permission></AccessPolicy>"
        b"</SignedIdentifier></SignedIdentifiers>"
    )
    writer = "Microsoft.Storage/storageAccounts/blobServices/containers/setAcl/action"
    denied = storage.send("PUT", target, "thumbnailer", body=policy)
    assert (denied.status, denied.code) == (403, "AuthorizationPermissionMismatch")
    assert storage.send("PUT", target, writer, body=policy).status == 200
    assert storage.send("GET", kept, None).status == 401
    answer = storage.send("GET", f"{kept}?si=all&sr=c&sv=2024-11-04&sig=x", None)
    assert (answer.status, answer.code) == (403, "KeyBasedAuthenticationNotPermitted")
    assert storage.send("PUT", target, writer).status == 200


def test_a_browser_that_asks_beforehand_hears_that_no_rule_matches(storage: Storage) -> None:
    answer = storage.send("OPTIONS", "/thumbnails/kept", None, {"Origin": "https://evil.example"})
    assert (answer.status, answer.code) == (403, "CorsPreflightFailure")


def test_azurite_itself_opens_to_the_plane_alone(storage: Storage, kept: str) -> None:
    import requests

    address = f"http://127.0.0.1:{storage.azurite.port}{kept}"
    session = requests.Session()
    session.trust_env = False
    for headers in ({}, {"Authorization": f"Bearer {storage.token('owner')}"}):
        answer = session.get(address, headers={"Host": storage.host} | headers, timeout=60)
        assert answer.status_code == 403
    known = (
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    )
    assert storage.azurite.key != known


def test_the_key_is_on_no_command_line_and_in_no_file(storage: Storage) -> None:
    assert storage.azurite.key not in " ".join(storage.azurite.command())
    assert storage.azurite.key not in repr(storage.azurite)
    for file in (*Path("/proc").glob("[0-9]*/cmdline"), *storage.azurite.folder.rglob("*")):
        content = b""
        with suppress(OSError):  # a folder, a process that has ended, a file that Azurite replaced
            content = file.read_bytes()
        assert storage.azurite.key.encode() not in content


def test_the_head_of_a_refusal_has_a_code_and_no_body(storage: Storage, kept: str) -> None:
    answer: Answer = storage.send("HEAD", kept, "nobody")
    assert (answer.status, answer.code) == (403, "AuthorizationPermissionMismatch")
    assert answer.body == b""
