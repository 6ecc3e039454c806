"""The gateway's routes, over fakes of storage, the queue and the catalog."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
import requests
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceRequestError,
)
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.common.bus import SendError
from services.common.web import Problem
from services.gateway import admission
from services.gateway.app import create_app
from services.gateway.catalog import BrokenCursor
from services.gateway.form import read_photo
from services.gateway.photos import Dependencies
from services.gateway.settings import Settings
from tests.services.test_settings import WHOLE

JPEG = b"\xff\xd8\xff\xe0 and so on"
FORM = "multipart/form-data; boundary=b"


def coded(error: HttpResponseError, code: str) -> HttpResponseError:
    error.error_code = code  # type: ignore[attr-defined]
    return error


class FakeContainer:
    """A container in memory; it is its own blob client, for the last blob named."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.error: Exception | None = None
        self.name = ""

    def get_blob_client(self, name: str) -> "FakeContainer":
        self.name = name
        return self

    def upload_blob(self, data: Any, length: int, overwrite: bool, **options: Any) -> None:
        if self.error:
            raise self.error
        assert not overwrite
        if self.name in self.blobs:
            raise coded(ResourceExistsError("there"), "BlobAlreadyExists")
        self.blobs[self.name] = data.read(length)

    def get_blob_tags(self) -> dict[str, str]:
        self.download_blob(self.name)
        return {}

    def download_blob(self, name: str) -> "FakeContainer":
        if self.error:
            raise self.error
        if name not in self.blobs:
            raise coded(ResourceNotFoundError("none"), "BlobNotFound")
        self.name = name
        return self

    def readall(self) -> bytes:
        return self.blobs[self.name]


class FakeQueue:
    """A queue that remembers sent messages."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def send(self, body: bytes, **properties: str) -> None:
        if self.error:
            raise self.error
        self.sent.append({"body": json.loads(body)} | properties)

    def prove(self) -> None: ...


class FakeCatalog:
    """A catalog of some photos."""

    def __init__(self) -> None:
        self.photos: dict[str, dict[str, Any]] = {}
        self.error: Exception | None = None

    def page(self, cursor: str | None, limit: int) -> dict[str, Any]:
        if self.error:
            raise self.error
        if cursor == "broken":
            raise BrokenCursor
        return {"photos": list(self.photos.values())[:limit], "next": "more"}

    def photo(self, photo: str) -> dict[str, Any] | None:
        if self.error:
            raise self.error
        return self.photos.get(photo)


class Gateway:
    """The service over its fakes."""

    def __init__(self) -> None:
        self.originals, self.thumbnails = FakeContainer(), FakeContainer()
        self.queue, self.catalog = FakeQueue(), FakeCatalog()
        fakes: Any = (self.originals, self.thumbnails, self.queue, self.catalog)
        app = create_app(Settings(WHOLE), Dependencies(*fakes))
        self.client: FlaskClient = app.test_client()

    def upload(self, content: bytes = JPEG, field: str = "photo", **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = {field: (BytesIO(content), "photo.jpg")}
        return self.client.post("/photos", data=data, headers=named)


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", WHOLE["AZURE_TOKEN_CREDENTIALS"])
    monkeypatch.setattr(admission, "BURST", 60)
    monkeypatch.setattr(admission, "PER_SECOND", 0.01)
    return Gateway()


def kind(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, answer.get_json(force=True)["type"].rpartition(":")[2]


def test_an_upload_is_stored_announced_and_located(gateway: Gateway) -> None:
    answer = gateway.upload()
    assert answer.status_code == 202
    photo = answer.get_json()["id"]
    assert answer.get_json()["state"] == "received"
    assert answer.headers["Location"] == f"/photos/{photo}"
    assert gateway.originals.blobs == {photo: JPEG}
    [sent] = gateway.queue.sent
    assert (sent["subject"], sent["message_id"]) == ("photo.uploaded", f"{photo}-uploaded")
    assert sent["content_type"] == "application/cloudevents+json"
    assert sent["body"]["subject"] == photo


def test_a_replay_with_the_same_key_answers_alike_and_sends_under_the_same_id(
    gateway: Gateway,
) -> None:
    answers = [gateway.upload(Idempotency_Key="abc") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert answers[0].data == answers[1].data
    assert len(gateway.queue.sent) == 2
    assert gateway.queue.sent[0] == gateway.queue.sent[1]
    assert len(gateway.originals.blobs) == 1


def test_without_a_key_each_upload_is_a_photo_of_its_own(gateway: Gateway) -> None:
    assert gateway.upload().get_json()["id"] != gateway.upload().get_json()["id"]


def test_an_overwrite_that_the_role_refuses_means_already_stored(gateway: Gateway) -> None:
    gateway.originals.error = coded(HttpResponseError("no"), "UnauthorizedBlobOverwrite")
    assert gateway.upload().status_code == 202


def test_a_missing_role_does_not_mean_already_stored(gateway: Gateway) -> None:
    gateway.originals.error = coded(HttpResponseError("no"), "AuthorizationPermissionMismatch")
    assert kind(gateway.upload()) == (503, "dependency-down")
    assert not gateway.queue.sent


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"<svg onload=alert(1)>"])
def test_what_does_not_begin_like_an_image_is_refused(gateway: Gateway, content: bytes) -> None:
    assert kind(gateway.upload(content)) == (415, "not-an-image")
    assert not gateway.originals.blobs


def test_a_file_that_only_begins_like_an_image_is_taken(gateway: Gateway) -> None:
    assert gateway.upload(b"GIF89a and nothing else").status_code == 202


@pytest.mark.parametrize("size", [20_000_001, 20_200_000])
def test_a_photo_that_is_too_large_is_refused(gateway: Gateway, size: int) -> None:
    assert kind(gateway.upload(JPEG.ljust(size, b"."))) == (413, "too-large")


def test_other_fields_of_a_form_are_passed_over(gateway: Gateway) -> None:
    data = {"note": "x" * 500_001, "photo": (BytesIO(JPEG), "photo.jpg"), "more": "y"}
    assert gateway.client.post("/photos", data=data).status_code == 202
    assert list(gateway.originals.blobs.values()) == [JPEG]


HEAD = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="%s"\r\n'
PHOTO = HEAD % b"p.jpg" + b"\r\n" + JPEG
END = b"\r\n--b--\r\n"


def send(gateway: Gateway, body: bytes, content_type: str = FORM) -> TestResponse:
    return gateway.client.post("/photos", data=body, content_type=content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "application/json",
        "text/plain",
        "image/jpeg",
        "multipart/mixed; boundary=b",
        "multipart/form-data",
        "",
    ],
)
def test_a_body_that_is_no_form_is_refused_before_it_is_read(
    gateway: Gateway, content_type: str
) -> None:
    body = BytesIO(PHOTO + END)
    environ = {"CONTENT_LENGTH": "1000000", "wsgi.input": body, "CONTENT_TYPE": content_type}
    with (
        gateway.client.application.test_request_context(
            "/photos", method="POST", environ_overrides=environ
        ) as context,
        pytest.raises(Problem) as caught,
    ):
        read_photo(context.request)
    assert (caught.value.code, body.tell()) == (415, 0)
    assert kind(send(gateway, PHOTO + END, content_type)) == (415, "not-a-form")


@pytest.mark.parametrize(
    "name",
    [b"caf\xe9.jpg", "café.jpg".encode(), b"\xff\xfe\x00", "写真.jpg".encode("shift-jis"), b""],
)
def test_a_file_may_have_any_name(gateway: Gateway, name: bytes) -> None:
    assert send(gateway, HEAD % name + b"\r\n" + JPEG + END).status_code == 202
    assert list(gateway.originals.blobs.values()) == [JPEG]


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r\n--b", b"\r\n--other--\r\n"])
def test_a_form_without_its_closing_boundary_is_called_so(gateway: Gateway, end: bytes) -> None:
    answer = send(gateway, PHOTO + end)
    assert kind(answer) == (400, "broken-form")
    assert "without its closing boundary" in answer.get_json(force=True)["title"]
    assert not gateway.originals.blobs
    assert send(gateway, PHOTO + END).status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        b"x" * 200_000 + b"\r\n" + PHOTO + END,
        HEAD % b"p.jpg" + b"X: y\r\n" * 50_000 + b"\r\n" + JPEG + END,
        PHOTO + END + b"x" * 200_000,
        (HEAD % b"p.jpg" + b"\r\nx\r\n") * 50 + b"--b--\r\n",
    ],
    ids=["before it", "headers", "behind it", "parts"],
)
def test_what_is_around_a_photo_is_bounded(gateway: Gateway, body: bytes) -> None:
    answer = send(gateway, body)
    assert kind(answer) == (413, "too-large")
    assert "form around the photo" in answer.get_json(force=True)["title"]


def test_a_part_without_a_name_is_a_broken_form(gateway: Gateway) -> None:
    assert kind(send(gateway, b"--b\r\nX: y\r\n\r\nz" + END)) == (400, "broken-form")


def test_a_photo_of_the_largest_size_is_taken(gateway: Gateway) -> None:
    assert gateway.upload(JPEG.ljust(20_000_000, b".")).status_code == 202


def test_a_form_without_a_photo_says_which_field_is_missing(gateway: Gateway) -> None:
    answer = gateway.upload(field="file")
    assert kind(answer) == (400, "missing-field")
    assert "'photo'" in answer.get_json(force=True)["title"]


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_is_no_key_is_refused(gateway: Gateway, key: str) -> None:
    assert kind(gateway.upload(Idempotency_Key=key)) == (400, "bad-idempotency-key")


def test_a_photo_that_could_not_be_announced_is_not_acknowledged(gateway: Gateway) -> None:
    gateway.queue.error = SendError("the bus is unavailable")
    answer = gateway.upload()
    assert kind(answer) == (503, "dependency-down")
    assert answer.headers["Retry-After"]


def test_too_many_uploads_are_told_when_to_come_again_and_others_are_not_held_up(
    gateway: Gateway,
) -> None:
    for _ in range(60):
        gateway.upload()
    answer = gateway.upload()
    assert kind(answer) == (429, "rate-limited")
    assert int(answer.headers["Retry-After"]) >= 1
    assert gateway.upload(X_Forwarded_For="198.51.100.7").status_code == 202


def test_without_admission_control_everything_else_works(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "init_app", lambda app: None)
    open_to_all = Gateway()
    answers = [open_to_all.upload() for _ in range(70)]
    assert {answer.status_code for answer in answers} == {202}
    assert open_to_all.client.get(answers[0].headers["Location"]).status_code == 200
    assert {gateway.upload().status_code for _ in range(70)} == {202, 429}


def test_a_received_photo_is_found_by_its_tags(gateway: Gateway) -> None:
    location = gateway.upload().headers["Location"]
    assert gateway.client.get(location).get_json()["state"] == "received"


def test_a_processed_photo_names_its_thumbnail_and_a_rejected_one_its_reason(
    gateway: Gateway,
) -> None:
    good, bad = str(uuid4()), str(uuid4())
    gateway.catalog.photos = {
        good: {"id": good, "state": "processed", "created": "2026-11-03T08:00:00Z"},
        bad: {"id": bad, "state": "rejected", "reason": "It is broken."},
    }
    assert gateway.client.get(f"/photos/{good}").get_json()["thumbnail"] == (
        f"/photos/{good}/thumbnail"
    )
    assert gateway.client.get(f"/photos/{bad}").get_json()["reason"] == "It is broken."
    page = gateway.client.get("/photos").get_json()
    assert [photo["id"] for photo in page["photos"]] == [good, bad]
    assert page["next"] == "more"


@pytest.mark.parametrize("path", ["", "/thumbnail"])
def test_an_unknown_photo_is_not_found(gateway: Gateway, path: str) -> None:
    assert kind(gateway.client.get(f"/photos/{uuid4()}{path}")) == (404, "unknown-photo")
    assert gateway.client.get(f"/photos/..%2Fsecret{path}").status_code == 404


def test_a_missing_container_is_not_taken_for_a_missing_photo(gateway: Gateway) -> None:
    missing = coded(ResourceNotFoundError("none"), "ContainerNotFound")
    gateway.originals.error = gateway.thumbnails.error = missing
    for path in ("", "/thumbnail"):
        assert kind(gateway.client.get(f"/photos/{uuid4()}{path}")) == (503, "dependency-down")


def test_a_broken_cursor_is_an_error_of_its_own(gateway: Gateway) -> None:
    assert kind(gateway.client.get("/photos?cursor=broken")) == (400, "broken-cursor")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "", "1e1", "²", "9" * 5000])
def test_a_limit_out_of_bounds_is_refused(gateway: Gateway, limit: str) -> None:
    assert kind(gateway.client.get("/photos", query_string={"limit": limit})) == (400, "bad-limit")


def test_a_thumbnail_may_be_kept_for_ever_and_is_not_sent_twice(gateway: Gateway) -> None:
    photo = str(uuid4())
    gateway.thumbnails.blobs[photo] = b"RIFF....WEBP"
    first = gateway.client.get(f"/photos/{photo}/thumbnail")
    assert (first.data, first.mimetype) == (b"RIFF....WEBP", "image/webp")
    assert "immutable" in first.headers["Cache-Control"]
    again = gateway.client.get(
        f"/photos/{photo}/thumbnail", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("error", [ServiceRequestError("x"), requests.ConnectionError("x")])
def test_a_dependency_that_is_down_is_503_and_says_when_to_come_again(
    gateway: Gateway, error: Exception
) -> None:
    gateway.catalog.error = error
    for path in ("/photos", f"/photos/{uuid4()}"):
        answer = gateway.client.get(path)
        assert kind(answer) == (503, "dependency-down")
        assert answer.headers["Retry-After"]


def test_each_line_about_a_photo_names_it_and_a_failure_names_its_operation(
    gateway: Gateway, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    gateway.queue.error = SendError("the bus is unavailable")
    gateway.upload()
    [photo] = gateway.originals.blobs
    gateway.catalog.error = requests.ConnectionError("away")
    gateway.client.get(f"/photos/{photo}")
    gateway.client.get("/photos")
    assert [(line["operation"], line.get("photo")) for line in lines()] == [
        ("POST /photos", photo),
        ("GET /photos/<uuid:photo>", photo),
        ("GET /photos", None),
    ]


def test_the_gallery_is_a_page_that_runs_nothing_but_its_own(gateway: Gateway) -> None:
    answer = gateway.client.get("/")
    assert answer.mimetype == "text/html"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert b"<script>" not in answer.data
