"""CloudEvents between the services: the form that is written, and the forms that are refused."""

import json
from typing import Any

import pytest

from services.common.events import Event, InvalidEvent, parse

UPLOADED, PROCESSED, REJECTED = "photo.uploaded", "photo.processed", "photo.rejected"

SUBJECT = "6f1d7f5e-8c1b-4a53-9d53-0d7c5b8f2a10"
EVENT = Event(UPLOADED, "urn:keyless:gateway", SUBJECT, {"size": 3})


def test_an_event_comes_out_as_it_went_in() -> None:
    assert parse([EVENT.to_json()], UPLOADED) == EVENT


def test_a_body_may_come_in_pieces() -> None:
    body = EVENT.to_json()
    assert parse(iter([body[:10], body[10:]]), UPLOADED) == EVENT


def test_an_event_has_the_required_attributes_of_cloudevents() -> None:
    attributes = json.loads(EVENT.to_json())
    assert attributes["specversion"] == "1.0"
    assert {"id", "source", "type"} <= set(attributes)


def test_the_same_event_is_the_same_bytes_and_each_type_has_its_own_id() -> None:
    again = Event(UPLOADED, "urn:keyless:gateway", SUBJECT, {"size": 3})
    assert again.to_json() == EVENT.to_json()
    ids = {Event(kind, "s", SUBJECT, {}).id for kind in (UPLOADED, PROCESSED, REJECTED)}
    assert len(ids) == 3


def test_an_id_has_no_full_stop_which_standard_webhooks_reserves() -> None:
    assert "." not in EVENT.id


def changed(**attributes: Any) -> bytes:
    return json.dumps(json.loads(EVENT.to_json()) | attributes).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        changed(specversion="0.3"),
        changed(id="another"),
        changed(type="photo.deleted"),
        changed(type=5),
        changed(source=None),
        changed(data=[1]),
        changed(subject="another"),
        changed(subject=None),
        changed(subject=None, id="None-uploaded"),
        changed(subject="", id="-uploaded"),
    ],
)
def test_what_is_no_event_of_this_form_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidEvent):
        parse([body], UPLOADED)


def test_an_event_for_others_is_refused() -> None:
    with pytest.raises(InvalidEvent, match=r"photo\.uploaded"):
        parse([EVENT.to_json()], PROCESSED, REJECTED)


def test_a_body_that_is_not_bytes_is_refused() -> None:
    with pytest.raises(InvalidEvent):
        parse(["text"], UPLOADED)  # type: ignore[list-item]
