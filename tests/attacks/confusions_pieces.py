"""The pieces that requests are built from, each with Azure's reading of it.

A piece that two readers could read differently means nothing (None): no request with it may be
carried out. All that is legal means itself, however odd it looks.
"""

from collections.abc import Mapping

OTHER_HOST = "v.vault.azure.net"
MOMENT = "2024-01-01T00:00:00.0000000Z"
FORGED = "forged"
# Deployed identities, made-up ones who hold all, one right or all but one, and who proves nothing.
PEOPLE = ["gateway", "thumbnailer", "catalog", "notifier", "nobody", "", FORGED]

Pieces = Mapping[str, str | None]

CONTAINERS: Pieces = {
    **{each: each for each in ("originals", "thumbnails", "catalog", "scratch", "absent")},
    "th%75mbnails": "thumbnails",
    "thumbnails2": "thumbnails2",
    "$root": "$root",
    "%24root": "$root",
    **dict.fromkeys(["Thumbnails", "thumbnails%2Fkept", "thumbnails%5Ckept", "%2Fthumbnails"]),
    **dict.fromkeys(["..", "%2e%2e", ".", "", "thumbnails%00", "%C0%AE", "thumb nails", "$logs"]),
    **dict.fromkeys(["thumbnails%", "co", "-c-", "thumbnails%252Fkept", "originals;thumbnails"]),
}
# A name alone in a path, without a `restype`, is a blob of the root container.
ROOT_BLOBS: Pieces = {
    **{each: each for each in CONTAINERS if each.isalnum()},
    "th%75mbnails": "thumbnails",
    "$root": "$root",
    "%24root": "$root",
    "$logs": "$logs",
    "-c-": "-c-",
    "originals;thumbnails": "originals;thumbnails",
    "thumbnails%252Fkept": "thumbnails%2Fkept",
}
BLOBS: Pieces = {
    **{each: each for each in ("kept", "new", "a/b", "a//b", "/b", "b/", "..a", "...", "a+b")},
    **{each: each for each in ("comp=acl", "x;comp=tags", "restype=container&comp=list")},
    "a%2Fb": "a/b",
    "a%2fkept": "a/kept",
    "a%5Cb": "a/b",
    "a\\b": "a/b",
    "a%252Fb": "a%2Fb",
    "%252e%252e%252fkept": "%2e%2e%2fkept",
    "%2525": "%25",
    "%3Fcomp=tags": "?comp=tags",
    f"kept%3Fsnapshot={MOMENT}": f"kept?snapshot={MOMENT}",
    "a%23b%26c=d": "a#b&c=d",
    "%F0%9F%93%B7": "\U0001f4f7",
    "line%0D%0ADELETE%20/": "line\r\nDELETE /",
    "trailing%20": "trailing ",
    "%6B%65pt": "kept",
    **dict.fromkeys(["../kept", "%2e%2e/kept", "..%2Foriginals%2Fkept", "%5C..%5Ckept", "./kept"]),
    **dict.fromkeys(["a/%2E/b", "a/..", "kept%00", "%C0%AE%C0%AE/kept", "%E0%80%AFkept", "%ff"]),
    **dict.fromkeys(["%zz", "%", "%u002e", "kept#x", "kept#?comp=tags", "a%0Bb", "%ED%A0%80"]),
}
PARAMETERS: Mapping[str, tuple[str, str] | None] = {
    "timeout=30": ("timeout", "30"),
    f"snapshot={MOMENT}": ("snapshot", MOMENT),
    f"snapshot={MOMENT.replace(':', '%3A')}": ("snapshot", MOMENT),
    "comp=t%61gs": ("comp", "tags"),
    "prefix=a%26comp%3Dtags": ("prefix", "a&comp=tags"),
    "include=tags": ("include", "tags"),
    "include=metadata%2Ctags": ("include", "metadata,tags"),
    "delimiter=%2F": ("delimiter", "/"),
    "marker=": ("marker", ""),
    **{f"comp={each}": ("comp", each) for each in ("tags", "acl", "list", "metadata", "lease")},
    **{f"comp={each}": ("comp", each) for each in ("tier", "snapshot", "batch", "properties")},
    **{f"restype={each}": ("restype", each) for each in ("container", "service", "account")},
    **dict.fromkeys(["COMP=tags", "Comp=acl", "comp[]=tags", "comp%5B%5D=tags", "c%6Fmp=tags"]),
    **dict.fromkeys(["comp[0]=tags", "comp=tags&comp=acl", "comp=tags&COMP=tags", "comp=Tags"]),
    **dict.fromkeys(["comp", "comp=", "=", "comp=tags%00", "comp=%C1%B4ags", "RESTYPE=container"]),
    **dict.fromkeys(["restype[]=container", "restype=container&restype=service", "__proto__=x"]),
    **dict.fromkeys([f"versionid={MOMENT}", f"prevsnapshot={MOMENT}", "deletetype=permanent"]),
    **dict.fromkeys(["snapshot=", "snapshot=now", f"snapshot={MOMENT}&snapshot={MOMENT}"]),
    **dict.fromkeys([f"snapshot={MOMENT}%26comp=tags", f"snapshot[]={MOMENT}", "sv=x&sig=x"]),
    **dict.fromkeys(["skoid=x&sig=x&sv=2024-11-04", "x-http-method=DELETE", "comp=tags#x"]),
}
# Headers that change nothing, or change the operation as the table describes.
HEADERS: list[tuple[str, str]] = [
    *((each, "DELETE") for each in ("X-HTTP-Method", "x-http-method", "X-Http-Method-Override")),
    ("X-Method-Override", "DELETE"),
    ("x-ms-http-method", "DELETE"),
    *(("x-ms-blob-type", each) for each in ("BlockBlob", "AppendBlob", "PageBlob", "blockblob")),
    ("x-ms-blob-content-length", "512"),
    ("x-ms-requires-sync", "true"),
    ("x-ms-requires-sync", "True"),
    ("x-ms-copy-action", "abort"),
    *(("x-ms-lease-action", each) for each in ("acquire", "renew", "break", "Release")),
    ("x-ms-page-write", "clear"),
    ("x-ms-access-tier", "Hot"),
    ("x-ms-tags", "a=b"),
    ("x-ms-if-tags", "\"a\"='b'"),
    ("x-ms-copy-source-tag-option", "COPY"),
    ("x-ms-copy-source-tag-option", "copy"),
    ("x-ms-source-if-tags", "\"a\"='b'"),
    ("x-ms-meta-Name", "value"),
    ("If-None-Match", '"0x1"'),
    ("If-Match", "*"),
    ("x-ms-delete-snapshots", "include"),
    ("X-Original-URL", "/thumbnails/kept"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Proto", "http"),
    ("Expect", "100-continue"),
    ("Range", "bytes=0-1"),
    ("Content-Type", "text/plain"),
]
# Headers with which nothing may be carried out: they ask for what does not exist here.
ODD_HEADERS: list[tuple[str, str]] = [
    ("x-ms-blob-public-access", "blob"),
    ("x-ms-blob-public-access", ""),
    ("x-ms-copy-source-authorization", "Bearer x"),
    ("x-ms-encryption-key", "x"),
    ("x-ms-legal-hold", "true"),
    ("x-ms-previous-snapshot-url", "x"),
    ("x-ms-structured-body", "XSM/1.0"),
]
# Before the path of a copy's source; only the first names a blob of the account.
SOURCES = [
    *["https://{host}/"] * 6,
    "http://{host}/",
    "https://other.blob.core.windows.net/",
    "https://{host}.evil.example/",
    "https://{host}:443/",
    "https://me@{host}/",
    "https://{host}\\@evil.example/",
    "https://{account}-secondary.blob.core.windows.net/",
    "/{account}/",
]
SOURCE_QUERIES: Mapping[str, str | None] = {
    "": "",
    f"?snapshot={MOMENT}": MOMENT,
    **dict.fromkeys(["?snapshot=", "?snapshot=x%26sig=y", "?sig=x&sv=2024-11-04", "?versionid=x"]),
    **dict.fromkeys([f"?snapshot={MOMENT}%0D%0AX-HTTP-Method:%20DELETE", "#x", "?skoid=x&sig=y"]),
}
# How a target may stand in the request line; only the first three are a path.
TARGETS = [
    "{path}",
    " {path}",
    "{path} ",
    "https://{host}{path}",
    "http://evil.example{path}",
    "{host}:443",
    "*",
    "@{path}",
]
VERSIONS = ["HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/1.1 x", "http/1.1"]
HOSTS: Mapping[str, bool] = {
    "Host: {host}": True,
    "host: {HOST}": True,
    "Host: {host}:443": True,
    "Host: {account}-secondary.blob.core.windows.net": False,
    f"Host: {OTHER_HOST}": False,
    "Host: evil.example": False,
    "Host: {host}:80": False,
    "Host: {host}.": False,
    "Host: {host}, evil.example": False,
    "Host: {host}\r\nHost: {host}": False,
    "Host: {host}\r\nHost: evil.example": False,
    "X-Forwarded-Host: {host}": False,
}
# Lines that end the reading of a connection wherever they stand.
BROKEN_LINES = [
    "x-a: b\r\n folded",
    "x-a: b\r\n\tfolded: c",
    "x-a: b\nx-ms-meta-c: d",
    "x-a: b\rx-ms-meta-c: d",
    "x-a : b",
    "x a: b",
    ": b",
    "x-a: b\x00c",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: identity, chunked",
    "Content-Length: +1",
    "Content-Length: 0x1",
    "Content-Length: -1",
    "Content-Length: 1, 1",
]
# Host of the tunnel, and name in the TLS inside it; only the first leads to the account.
WAYS = [
    *[("{host}", "{host}")] * 30,
    ("{host}", OTHER_HOST),
    ("{host}", "{account}-secondary.blob.core.windows.net"),
    (OTHER_HOST, OTHER_HOST),
    (OTHER_HOST, "{host}"),
    ("{account}-secondary.blob.core.windows.net", "{host}"),
    ("evil.example", "{host}"),
]
