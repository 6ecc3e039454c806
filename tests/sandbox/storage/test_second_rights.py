"""The actions that a request requires besides its first: for tags, a copy's source, a batch."""

import re

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient, PartialBatchErrorException, StandardBlobTier

from sandbox.storage.actions import READ_TAGS, WRITE_TAGS
from tests.sandbox.storage.harness import BLOBS, Answer, Storage, all_but
from tests.sandbox.storage.test_roles import MISSING_ROLE, refusal

BLOCK = {"x-ms-blob-type": "BlockBlob"}
READ, WRITE, DELETE = f"{BLOBS}/read", f"{BLOBS}/write", f"{BLOBS}/delete"


def put(storage: Storage, name: str, body: bytes = b"", tags: str = "") -> None:
    headers = BLOCK | ({"x-ms-tags": tags} if tags else {})
    answer = storage.send("PUT", name, "owner", headers, body)
    assert answer.status == 201


def outcome(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.code


def test_a_put_with_tags_needs_the_right_to_write_tags(storage: Storage) -> None:
    tagged = BLOCK | {"x-ms-tags": "a=b"}
    assert outcome(storage.send("PUT", "/scratch/tags", WRITE, tagged)) == MISSING_ROLE
    assert storage.send("PUT", "/scratch/tags", WRITE, BLOCK).status == 201
    assert storage.send("PUT", "/scratch/tags", "owner", tagged).status == 201
    assert storage.sdk("owner").get_blob_client("scratch", "tags").get_blob_tags() == {"a": "b"}


def test_a_condition_on_tags_needs_the_right_to_read_them(storage: Storage) -> None:
    put(storage, "/scratch/if-tags", tags="a=b")
    condition = {"x-ms-if-tags": "\"a\"='b'"}
    assert storage.send("GET", "/scratch/if-tags", READ).status == 200
    assert outcome(storage.send("GET", "/scratch/if-tags", READ, condition)) == MISSING_ROLE
    assert storage.send("GET", "/scratch/if-tags", "owner", condition).status == 200
    other = {"x-ms-if-tags": "\"a\"='c'"}
    assert storage.send("GET", "/scratch/if-tags", "owner", other).status == 412


@pytest.mark.parametrize("include", ["tags", "metadata,tags", "tags,metadata"])
def test_a_list_with_tags_needs_the_right_to_read_them(storage: Storage, include: str) -> None:
    target = "/scratch?restype=container&comp=list"
    assert storage.send("GET", f"{target}&include=metadata", READ).status == 200
    assert outcome(storage.send("GET", f"{target}&include={include}", READ)) == MISSING_ROLE
    assert storage.send("GET", f"{target}&include={include}", "owner").status == 200
    for odd in ("Tags", "tags%20", "metadata,", "x"):
        assert storage.send("GET", f"{target}&include={odd}", "owner").status == 400


def test_a_blob_is_found_by_its_tags_only_with_the_right_to_filter(storage: Storage) -> None:
    put(storage, "/scratch/found", tags="colour=red")
    where = "\"colour\"='red'"
    names = [each.name for each in storage.sdk("owner").find_blobs_by_tags(where)]
    assert names == ["found"]
    assert refusal(lambda: list(storage.sdk(READ).find_blobs_by_tags(where))) == MISSING_ROLE


def copy(storage: Storage, who: str, source: str, target: str, **headers: str) -> Answer:
    return storage.send("PUT", target, who, {"x-ms-copy-source": source} | headers)


@pytest.mark.parametrize("sync", [{}, {"x-ms-requires-sync": "true"}])
def test_a_copy_needs_the_right_to_read_its_source(storage: Storage, sync: dict[str, str]) -> None:
    put(storage, "/originals/source", b"light")
    name = f"copied{len(sync)}"
    source = f"https://{storage.host}/originals/source"
    # The keeper may write thumbnails; originals it may read, and the catalog's keeper may not.
    assert copy(storage, "thumbnailer", source, f"/thumbnails/{name}", **sync).status == 202
    assert storage.send("GET", f"/thumbnails/{name}", "gateway").body == b"light"
    assert outcome(copy(storage, "catalog", source, f"/catalog/{name}", **sync)) == MISSING_ROLE
    assert storage.send("GET", f"/catalog/{name}", "owner").status == 404
    assert copy(storage, "owner", source, f"/catalog/{name}", **sync).status == 202


@pytest.mark.parametrize("sync", [{}, {"x-ms-requires-sync": "true"}])
def test_a_right_to_add_copies_to_a_new_blob_and_no_other(
    storage: Storage, sync: dict[str, str]
) -> None:
    name = f"/originals/copy{len(sync)}"
    put(storage, "/thumbnails/source", b"light")
    source = f"https://{storage.host}/thumbnails/source"
    assert copy(storage, "gateway", source, name, **sync).status == 202
    expected = (403, "UnauthorizedBlobOverwrite")
    assert outcome(copy(storage, "gateway", source, name, **sync)) == expected
    assert copy(storage, "owner", source, name, **sync).status == 202


def test_a_copy_with_the_sources_tags_needs_the_rights_on_both(storage: Storage) -> None:
    put(storage, "/originals/with-tags", tags="a=b")
    source = f"https://{storage.host}/originals/with-tags"
    headers = {"x-ms-requires-sync": "true", "x-ms-copy-source-tag-option": "COPY"}
    target = "/thumbnails/with-tags"
    assert outcome(copy(storage, "thumbnailer", source, target, **headers)) == MISSING_ROLE
    for missing in (READ_TAGS, WRITE_TAGS):
        who = all_but(missing)
        assert outcome(copy(storage, who, source, target, **headers)) == MISSING_ROLE
        assert copy(storage, who, source, target).status == 202
    assert copy(storage, "owner", source, target, **headers).status == 202
    client = storage.sdk("owner").get_blob_client("thumbnails", "with-tags")
    assert client.get_blob_tags() == {"a": "b"}


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ms-source-if-tags": "\"a\"='b'"},
        {"x-ms-requires-sync": "true", "x-ms-copy-source-tag-option": "COPY"},
    ],
)
def test_a_copy_that_reads_its_sources_tags_needs_the_right_to(
    storage: Storage, headers: dict[str, str]
) -> None:
    put(storage, "/originals/tags-asked", tags="a=b")
    source = f"https://{storage.host}/originals/tags-asked"
    who, target = all_but(READ_TAGS), "/scratch/tags-asked"
    assert outcome(copy(storage, who, source, target, **headers)) == MISSING_ROLE
    assert copy(storage, who, source, target).status == 202
    assert copy(storage, "owner", source, target, **headers).status == 202


@pytest.mark.parametrize(
    "source",
    [
        "https://other.blob.core.windows.net/originals/a",
        "https://{host}.evil.example/originals/a",
        "https://user@{host}/originals/a",
        "https://{host}:8443/originals/a",
        "http://{host}/originals/a",
        "http://127.0.0.1:{port}/{account}/originals/a",
        "/{account}/originals/a",
        "https://{host}/originals/a?sig=x&sv=2024-11-04",
        "https://{host}/originals/a?versionid=2024-01-01T00:00:00.0000000Z",
        "https://{host}/thumbnails/../originals/a",
        "https://{host}/thumbnails/..%2foriginals/a",
        "https://{host}/thumbnails%2fa",
        "https://{host}\\@evil.example/originals/a",
        "https://{host}/originals/a#b",
        "https://{host}/originals/a?snapshot=",
        "https://{host}/originals/a?snapshot=now",
        "https://{host}/originals/a?snapshot=2024-01-01T00:00:00.0000000Z%26sig=x",
        "https://{host}/originals/a?snapshot=x%0D%0AX-HTTP-Method:%20DELETE",
        "https://{host}/originals/a?snapshot=%E2%82%AC",
    ],
)
def test_a_copy_from_anywhere_else_is_refused(storage: Storage, source: str) -> None:
    put(storage, "/originals/a", b"light")
    address = source.format(
        host=storage.host, port=storage.azurite.port, account=storage.azurite.account
    )
    answer = copy(storage, "owner", address, "/scratch/stolen")
    assert answer.status in {400, 403}
    assert answer.code in {"CannotVerifyCopySource", "InvalidUri", "InvalidResourceName"}
    assert storage.send("GET", "/scratch/stolen", "owner").status == 404


def test_a_snapshot_is_copied_as_it_was(storage: Storage) -> None:
    client = storage.sdk("owner").get_blob_client("scratch", "with-snapshot")
    client.upload_blob(b"before", overwrite=True)
    snapshot = str(client.create_snapshot()["snapshot"])
    client.upload_blob(b"after", overwrite=True)
    target = storage.sdk("owner").get_blob_client("scratch", "from-snapshot")
    target.start_copy_from_url(f"https://{storage.host}/scratch/with-snapshot?snapshot={snapshot}")
    assert target.download_blob().readall() == b"before"
    then = BlobClient(
        f"https://{storage.host}",
        "scratch",
        "with-snapshot",
        snapshot=snapshot,
        credential=client.credential,
        transport=client._pipeline._transport,
    )
    assert then.download_blob().readall() == b"before"


class TestBatch:
    """Each part is decided by itself and answered by itself."""

    def test_the_sdk_deletes_and_tiers_many(self, storage: Storage) -> None:
        for number in range(5):
            put(storage, f"/scratch/many-{number}")
        container = storage.sdk("owner").get_container_client("scratch")
        names = [f"many-{number}" for number in range(5)]
        tiered = container.set_standard_blob_tier_blobs(StandardBlobTier.COOL, *names)
        assert [each.status_code for each in tiered] == [200] * 5
        assert [each.status_code for each in container.delete_blobs(*names)] == [202] * 5
        assert not list(container.list_blob_names(name_starts_with="many-"))

    def test_a_missing_blob_fails_alone(self, storage: Storage) -> None:
        put(storage, "/scratch/there")
        container = storage.sdk("owner").get_container_client("scratch")
        with pytest.raises(PartialBatchErrorException) as raised:
            container.delete_blobs("there", "not-there")
        statuses = [each.status_code for each in raised.value.parts]
        assert statuses == [202, 404]

    def test_the_right_to_send_a_batch_gives_no_right_on_its_parts(self, storage: Storage) -> None:
        put(storage, "/scratch/kept")
        sender = "Microsoft.Storage/storageAccounts/blobServices/containers/write"
        parts = [f"DELETE /scratch/kept {storage.token(DELETE)}"]
        assert outcome(self.send(storage, "nobody", parts)) == MISSING_ROLE
        refused = self.send(storage, sender, [f"DELETE /scratch/kept {storage.token(READ)}"])
        assert self.statuses(refused) == [403]
        assert storage.send("GET", "/scratch/kept", "owner").status == 200
        assert self.statuses(self.send(storage, sender, parts)) == [202]

    def test_each_part_proves_who_asks(self, storage: Storage) -> None:
        put(storage, "/scratch/kept")
        parts = ["DELETE /scratch/kept", "DELETE /scratch/kept x"]
        assert self.statuses(self.send(storage, "owner", parts)) == [401, 401]
        assert storage.send("GET", "/scratch/kept", "owner").status == 200

    def test_a_batch_on_a_container_reaches_no_container_with_a_longer_name(
        self, storage: Storage
    ) -> None:
        storage.send("PUT", "/scratch2?restype=container", "owner")
        put(storage, "/scratch2/kept")
        part = f"DELETE /scratch2/kept {storage.token('owner')}"
        refused = self.send(storage, "owner", [part], "/scratch?restype=container&comp=batch")
        assert outcome(refused) == (400, "InvalidInput")
        assert storage.send("GET", "/scratch2/kept", "owner").status == 200
        allowed = self.send(storage, "owner", [part], "/scratch2?restype=container&comp=batch")
        assert self.statuses(allowed) == [202]

    @pytest.mark.parametrize(
        "part",
        [
            "PUT /scratch/new?comp=tags",
            "GET /scratch/kept",
            "POST /?comp=batch",
            "DELETE /scratch?restype=container",
            "DELETE https://evil/scratch/kept",
        ],
    )
    def test_a_batch_holds_nothing_but_deletions_and_tiers(
        self, storage: Storage, part: str
    ) -> None:
        storage.send("PUT", "/scratch/kept", "owner", BLOCK)
        answer = self.send(storage, "owner", [f"{part} {storage.token('owner')}"])
        assert answer.status == 400 or self.statuses(answer) == [400]
        assert storage.send("GET", "/scratch/kept", "owner").status == 200

    def test_a_part_with_another_method_in_a_header_stays_a_tier(self, storage: Storage) -> None:
        put(storage, "/scratch/kept")
        part = f"PUT /scratch/kept?comp=tier {storage.token('owner')}"
        extra = "X-HTTP-Method: DELETE\r\nx-ms-access-tier: Cool\r\n"
        assert self.statuses(self.send(storage, "owner", [part], extra=extra)) == [200]
        assert storage.send("GET", "/scratch/kept", "owner").status == 200

    def test_what_is_no_batch_is_refused(self, storage: Storage) -> None:
        for body in (b"", b"--b--\r\n", b"--b\r\n\r\nx\r\n--b--", b"x" * 100):
            header = {"Content-Type": "multipart/mixed; boundary=b"}
            answer = storage.send("POST", "/?comp=batch", "owner", header, body)
            assert outcome(answer) == (400, "InvalidInput")
        odd = {"Content-Type": "text/plain"}
        assert storage.send("POST", "/?comp=batch", "owner", odd, b"--b").status == 400

    @staticmethod
    def statuses(answer: Answer) -> list[int]:
        assert answer.status == 202, answer
        return [int(each) for each in re.findall(r"^HTTP/1.1 (\d+) ", answer.text, re.MULTILINE)]

    @staticmethod
    def send(
        storage: Storage,
        who: str,
        parts: list[str],
        target: str = "/?comp=batch",
        extra: str = "",
    ) -> Answer:
        """`parts` are method, target and token, each its own."""
        body = ""
        for number, part in enumerate(parts):
            method, path, *token = part.split(" ")
            bearer = f"Authorization: Bearer {token[0]}\r\n" if token else ""
            body += (
                f"--b\r\nContent-Type: application/http\r\nContent-ID: {number}\r\n\r\n"
                f"{method} {path} HTTP/1.1\r\n{bearer}{extra}\r\n\r\n"
            )
        headers = {"Content-Type": "multipart/mixed; boundary=b"}
        return storage.send("POST", target, who, headers, f"{body}--b--\r\n".encode())


def test_a_refusal_of_the_sdks_own_error_type_names_the_code(storage: Storage) -> None:
    with pytest.raises(HttpResponseError, match="AuthorizationPermissionMismatch"):
        storage.sdk("nobody").get_blob_client("scratch", "x").download_blob()
