"""Common to all answers of Blob Storage."""

import re
import uuid
from xml.etree import ElementTree

import requests

from tests.access.actor import Actor
from tests.access.behaviours.blobs.asked import VERSION, ask, kept, new_blob, path_of

_GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z"


def an_error_is_told_in_xml(actor: Actor) -> None:
    answer = ask(actor, "GET", path_of(new_blob(actor)))
    _assert_told(answer, "BlobNotFound", "The specified blob does not exist.")


def a_denial_is_told_in_xml(actor: Actor) -> None:
    answer = ask(actor, "DELETE", path_of(kept(actor)))
    words = "This request is not authorized to perform this operation using this permission."
    _assert_told(answer, "AuthorizationPermissionMismatch", words)


def a_head_is_refused_by_its_headers_alone(actor: Actor) -> None:
    """The roles show no properties of this container."""
    for path, status, code in (
        (path_of(new_blob(actor)), 404, "BlobNotFound"),
        ("/thumbnails?restype=container", 403, "AuthorizationPermissionMismatch"),
    ):
        answer = ask(actor, "HEAD", path)
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (status, code)
        assert answer.content == b""


def an_answer_says_of_which_version_it_is(actor: Actor) -> None:
    there, missing = path_of(kept(actor)), path_of(new_blob(actor))
    for version in (VERSION, "2021-12-02"):
        for path in (there, missing):
            answer = ask(actor, "GET", path, x_ms_version=version)
            assert answer.headers["x-ms-version"] == version


def each_answer_has_an_id_of_its_own(actor: Actor) -> None:
    there, missing = path_of(kept(actor)), path_of(new_blob(actor))
    ids = [ask(actor, "GET", path).headers["x-ms-request-id"] for path in (there, there, missing)]
    assert all(re.fullmatch(_GUID, each) for each in ids)
    assert len(set(ids)) == 3


def a_clients_own_id_comes_back(actor: Actor) -> None:
    mine = uuid.uuid4().hex
    for path in (path_of(kept(actor)), path_of(new_blob(actor))):
        answer = ask(actor, "GET", path, x_ms_client_request_id=mine)
        assert answer.headers["x-ms-client-request-id"] == mine


BEHAVIOURS = (
    an_error_is_told_in_xml,
    a_denial_is_told_in_xml,
    a_head_is_refused_by_its_headers_alone,
    an_answer_says_of_which_version_it_is,
    each_answer_has_an_id_of_its_own,
    a_clients_own_id_comes_back,
)


def _assert_told(answer: requests.Response, code: str, words: str) -> None:
    """The request's id and the time stand inside the message, each on a line of its own."""
    assert answer.headers["Content-Type"] == "application/xml"
    root = ElementTree.fromstring(answer.content)  # noqa: S314
    assert [root.tag, root.findtext("Code")] == ["Error", code]
    assert answer.headers["x-ms-error-code"] == code
    request_id = answer.headers["x-ms-request-id"]
    message = rf"{re.escape(words)}\nRequestId:{request_id}\nTime:{_TIME}"
    assert re.fullmatch(message, root.findtext("Message") or "")
