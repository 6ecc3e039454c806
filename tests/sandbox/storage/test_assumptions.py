"""The open questions about Azure, answered otherwise: each beside the sandbox's own answer."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sandbox.storage import free_port
from sandbox.storage.actions import READ_TAGS
from tests.sandbox.storage import test_second_rights as second_rights
from tests.sandbox.storage.assuming import assuming
from tests.sandbox.storage.harness import Answer, Storage, all_but
from tests.sandbox.storage.test_roles import MISSING_ROLE
from tests.sandbox.storage.test_second_rights import BLOCK, DELETE, READ, WRITE, copy, outcome, put
from tests.sandbox.storage.test_tokens import altered

Turn = Callable[[str], Storage]
# By its module, or else its tests would be run here again.
_Batches = second_rights.TestBatch


@pytest.fixture
def turn(storage: Storage, tmp_path: Path) -> Iterator[Turn]:
    with ExitStack() as stack:
        yield lambda said: stack.enter_context(assuming(storage, tmp_path, said))


def test_adding_may_make_no_blob(storage: Storage, turn: Turn) -> None:
    otherwise = turn("blob-add=needs-write")
    assert outcome(otherwise.send("PUT", "/originals/added", "gateway", BLOCK)) == MISSING_ROLE
    assert "Keyless Blob Keeper" in " ".join(otherwise.audited()[-1].missing)
    assert otherwise.send("PUT", "/originals/added", WRITE, BLOCK).status == 201
    assert storage.send("PUT", "/originals/added-too", "gateway", BLOCK).status == 201


def test_adding_may_make_no_copy(storage: Storage, turn: Turn) -> None:
    otherwise = turn("blob-add=needs-write")
    put(storage, "/thumbnails/to-copy", b"light")
    source, name = f"https://{storage.host}/thumbnails/to-copy", "/originals/added-copy"
    assert outcome(copy(otherwise, "gateway", source, name)) == MISSING_ROLE
    assert copy(storage, "gateway", source, name).status == 202
    assert copy(otherwise, "owner", source, name).status == 202


def test_adding_still_appends(turn: Turn) -> None:
    otherwise = turn("blob-add=needs-write")
    append = {"x-ms-blob-type": "AppendBlob"}
    assert otherwise.send("PUT", "/originals/appended", "owner", append).status == 201
    target = "/originals/appended?comp=appendblock"
    assert otherwise.send("PUT", target, "gateway", body=b"more").status == 201


def test_a_condition_may_refuse_before_the_role(storage: Storage, turn: Turn) -> None:
    otherwise = turn("blob-overwrite=condition")
    put(storage, "/originals/conditional", b"first")
    new = BLOCK | {"If-None-Match": "*"}

    def again(at: Storage, headers: dict[str, str], who: str = "gateway") -> tuple[int, str]:
        return outcome(at.send("PUT", "/originals/conditional", who, headers, b"second"))

    assert again(otherwise, new) == (409, "BlobAlreadyExists")
    assert again(otherwise, BLOCK) == (403, "UnauthorizedBlobOverwrite")
    assert again(storage, new) == (403, "UnauthorizedBlobOverwrite")
    assert storage.send("GET", "/originals/conditional", "owner").body == b"first"
    assert again(otherwise, new, "owner") == (409, "BlobAlreadyExists")
    assert again(otherwise, BLOCK, "owner") == (201, "")


LIST = "restype=container&comp=list"
NOT_THERE = {
    "GET /scratch/nowhere": "BlobNotFound",
    "HEAD /scratch/nowhere": "BlobNotFound",
    "DELETE /scratch/nowhere": "BlobNotFound",
    "GET /scratch/nowhere?comp=tags": "BlobNotFound",
    "GET /scratch/there?snapshot=2024-01-01T00:00:00.0000000Z": "BlobNotFound",
    "GET /never-made/nowhere": "ContainerNotFound",
    "PUT /never-made/nowhere": "ContainerNotFound",
    f"GET /never-made?{LIST}": "ContainerNotFound",
    "GET /never-made?restype=container": "ContainerNotFound",
}


@pytest.mark.parametrize(("request_line", "code"), NOT_THERE.items(), ids=NOT_THERE)
def test_a_denied_caller_may_get_404_for_a_missing_resource(
    storage: Storage, turn: Turn, request_line: str, code: str
) -> None:
    otherwise = turn("blob-missing=existence")
    put(storage, "/scratch/there")
    method, target = request_line.split()
    answer = otherwise.send(method, target, "nobody", BLOCK)
    assert outcome(answer) == (404, code)
    assert (f"<Code>{code}</Code>" in answer.text) == (method != "HEAD")
    assert outcome(storage.send(method, target, "nobody", BLOCK)) == MISSING_ROLE
    assert outcome(storage.send(method, target, "owner", BLOCK)) == (404, code)


def test_a_404_in_place_of_a_denial_is_a_denial_on_the_audit(turn: Turn) -> None:
    otherwise = turn("blob-missing=existence")
    otherwise.send("GET", "/scratch/nowhere", "nobody")
    (record,) = otherwise.audited()
    assert (record.outcome, record.identity, record.operation) == ("denied", "nobody", "GetBlob")


THERE = {
    "GET /scratch/there": 200,
    f"GET /scratch?{LIST}": 200,
    "PUT /scratch/created": 201,
    "PUT /scratch/in-blocks?comp=block&blockid=QQ%3D%3D": 201,
    "PUT /created?restype=container": 201,
    "GET /?comp=list": 200,
}


@pytest.mark.parametrize(("request_line", "status"), THERE.items(), ids=THERE)
def test_a_caller_without_a_right_is_denied_where_nothing_is_missing(
    storage: Storage, turn: Turn, request_line: str, status: int
) -> None:
    otherwise = turn("blob-missing=existence")
    put(storage, "/scratch/there")
    method, target = request_line.split()
    assert outcome(otherwise.send(method, target, "nobody", BLOCK)) == MISSING_ROLE
    assert otherwise.send(method, target, "owner", BLOCK, b"x").status == status


def test_the_parts_of_a_batch_may_get_404_too(storage: Storage, turn: Turn) -> None:
    otherwise = turn("blob-missing=existence")
    put(storage, "/scratch/there")
    parts = [f"DELETE /scratch/{name} {storage.token(READ)}" for name in ("nowhere", "there")]
    assert _Batches.statuses(_Batches.send(otherwise, "owner", parts)) == [404, 403]
    assert _Batches.statuses(_Batches.send(storage, "owner", parts)) == [403, 403]
    allowed = [f"DELETE /scratch/there {storage.token(DELETE)}"]
    assert _Batches.statuses(_Batches.send(otherwise, "owner", allowed)) == [202]


@pytest.mark.parametrize(("answer", "status"), [("role", 403), ("existence", 503)])
def test_azurite_is_asked_about_a_denial_only_if_existence_comes_first(
    storage: Storage, tmp_path: Path, answer: str, status: int
) -> None:
    with assuming(storage, tmp_path, f"blob-missing={answer}", port=free_port()) as down:
        assert down.send("GET", "/scratch/nowhere", "nobody").status == status


def if_tags(at: Storage, who: str, value: str = "b") -> tuple[int, str]:
    condition = {"x-ms-if-tags": f"\"a\"='{value}'"}
    return outcome(at.send("GET", "/scratch/if-tagged", who, condition))


def test_a_condition_on_tags_may_take_no_right_on_them(storage: Storage, turn: Turn) -> None:
    otherwise = turn("blob-tags-condition=needs-nothing")
    put(storage, "/scratch/if-tagged", tags="a=b")
    assert if_tags(otherwise, READ) == (200, "")
    assert if_tags(otherwise, READ, value="c") == (412, "ConditionNotMet")
    assert if_tags(otherwise, "nobody") == MISSING_ROLE
    assert if_tags(storage, READ) == MISSING_ROLE


def test_a_condition_on_a_sources_tags_may_take_none_either(storage: Storage, turn: Turn) -> None:
    otherwise, who = turn("blob-tags-condition=needs-nothing"), all_but(READ_TAGS)
    put(storage, "/originals/tagged-source", tags="a=b")
    source, target = f"https://{storage.host}/originals/tagged-source", "/scratch/if-tagged-copy"
    condition = {"x-ms-source-if-tags": "\"a\"='b'"}
    assert copy(otherwise, who, source, target, **condition).status == 202
    assert outcome(copy(storage, who, source, target, **condition)) == MISSING_ROLE


def test_what_shows_tags_takes_the_right_all_the_same(turn: Turn) -> None:
    otherwise = turn("blob-tags-condition=needs-nothing")
    listing = f"/scratch?{LIST}&include=tags"
    assert outcome(otherwise.send("GET", listing, READ)) == MISSING_ROLE
    assert otherwise.send("GET", listing, "owner").status == 200


def bad(at: Storage, token: str) -> Answer:
    answer = at.send("GET", "/scratch/is-there", headers={"Authorization": f"Bearer {token}"})
    assert outcome(answer) == (401, "InvalidAuthenticationInfo")
    assert "resource_id=https://storage.azure.com" in answer.headers["WWW-Authenticate"]
    return answer


def test_a_bad_signature_may_be_left_unexplained(storage: Storage, turn: Turn) -> None:
    otherwise = turn("blob-token-detail=left-out")
    put(storage, "/scratch/is-there")
    assert "AuthenticationErrorDetail" not in bad(otherwise, altered(storage)).text
    assert "Signature validation failed" in otherwise.audited()[-1].reason
    assert "Signature validation failed" in bad(storage, altered(storage)).text
    assert otherwise.send("GET", "/scratch/is-there", "owner").status == 200


def test_what_has_been_seen_explained_is_explained(storage: Storage, turn: Turn) -> None:
    otherwise = turn("blob-token-detail=left-out")
    assert "The token is expired" in bad(otherwise, storage.token("gateway", lifetime=-1)).text


OF_THE_ACCOUNT = "restype=account&comp=properties"
ACL = "restype=container&comp=acl"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", f"/?{OF_THE_ACCOUNT}"),
        ("HEAD", f"/scratch/x?{OF_THE_ACCOUNT}"),
        ("GET", f"/scratch?{ACL}"),
        ("PUT", f"/scratch?{ACL}"),
    ],
)
def test_an_operation_that_takes_no_token_is_not_found_with_one(
    storage: Storage, turn: Turn, method: str, target: str
) -> None:
    otherwise = turn("blob-acl=not-found")
    for who in ("owner", "nobody"):
        answer = otherwise.send(method, target, who)
        assert (answer.status, answer.code) == (404, "ResourceNotFound")
        assert otherwise.audited()[-1].outcome == "refused"
    assert storage.send(method, target, "owner").status == 200
    assert outcome(storage.send(method, target, "nobody")) == MISSING_ROLE
    # The others take it whichever way the question turns out.
    assert otherwise.send("GET", "/scratch?restype=container", "owner").status == 200
