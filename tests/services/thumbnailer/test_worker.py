"""The thumbnailer's two handlers: an upload, and a dead upload."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError, ServiceRequestError
from PIL import Image

from services.common.bus import SendError
from services.common.consumer import LeaveLocked, Permanent, Transient
from services.photo_events import UPLOADED, Event
from services.thumbnailer.decoder import Decoder, DecoderLost
from services.thumbnailer.worker import Thumbnailer

PHOTO = "6f1d7f5e-8c1b-4a53-9d53-0d7c5b8f2a10"
CREATED = datetime(2026, 11, 3, 8, tzinfo=UTC)
FACTS = {"created": "2026-11-03T08:00:00Z", "width": 640, "height": 320}


def png() -> bytes:
    file = BytesIO()
    Image.new("RGB", (640, 320)).save(file, "PNG")
    return file.getvalue()


class FakeContainer:
    """A container in memory; it is its own blob client, for the last blob named."""

    def __init__(self) -> None:
        self.blobs: dict[str, Any] = {}
        self.missing = "BlobNotFound"
        self.name = ""

    def get_blob_client(self, name: str) -> "FakeContainer":
        self.name = name
        return self

    def put(self, name: str, data: bytes, metadata: dict[str, str] | None = None) -> None:
        properties = SimpleNamespace(creation_time=CREATED, metadata=metadata)
        self.blobs[name] = SimpleNamespace(
            size=len(data), readall=lambda: data, properties=properties
        )

    def upload_blob(self, data: bytes, length: int, overwrite: bool, **options: Any) -> None:
        assert overwrite
        self.put(self.name, data, options["metadata"])

    def download_blob(self, name: str) -> Any:
        if name not in self.blobs:
            error = ResourceNotFoundError("none")
            error.error_code = self.missing  # type: ignore[attr-defined]
            raise error
        return self.blobs[name]

    def get_blob_properties(self) -> Any:
        return self.download_blob(self.name).properties


class FakeTopic:
    """A topic that remembers published events."""

    def __init__(self) -> None:
        self.published: list[Any] = []
        self.error: Exception | None = None

    def send(self, body: bytes, **properties: str) -> None:
        if self.error:
            raise self.error
        event = json.loads(body)
        assert properties["message_id"] == event["id"]
        assert properties["subject"] == event["type"]
        self.published.append((event["type"], event["subject"], event["data"]))


@pytest.fixture
def originals() -> FakeContainer:
    return FakeContainer()


@pytest.fixture
def thumbnails() -> FakeContainer:
    return FakeContainer()


@pytest.fixture
def topic() -> FakeTopic:
    return FakeTopic()


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.stop()


@pytest.fixture
def worker(originals: Any, thumbnails: Any, topic: Any, decoder: Decoder) -> Thumbnailer:
    return Thumbnailer(originals, thumbnails, topic, decoder)


def message(body: bytes | None = None, **dead: str | None) -> Any:
    body = body or Event(UPLOADED, "urn:keyless:gateway", PHOTO, {}).to_json()
    known = {"dead_letter_reason": None, "dead_letter_error_description": None} | dead
    return SimpleNamespace(body=[body], enqueued_time_utc=CREATED, **known)


def test_a_photo_gets_its_thumbnail_and_the_event_tells_when_it_was_created(
    worker: Thumbnailer, originals: FakeContainer, thumbnails: FakeContainer, topic: FakeTopic
) -> None:
    originals.put(PHOTO, png())
    worker.handle(message())
    assert topic.published == [("photo.processed", PHOTO, FACTS)]
    assert Image.open(BytesIO(thumbnails.blobs[PHOTO].readall())).format == "WEBP"


def test_the_same_message_again_ends_in_the_same_event(
    worker: Thumbnailer, originals: FakeContainer, topic: FakeTopic
) -> None:
    originals.put(PHOTO, png())
    worker.handle(message())
    worker.handle(message())
    assert topic.published[0] == topic.published[1]


@pytest.mark.parametrize(
    ("original", "reason"),
    [(b"GIF89a?", "UnreadableImage"), (None, "OriginalGone"), (bytes(20_000_001), "TooLarge")],
)
def test_what_will_never_become_a_thumbnail_is_permanent(
    worker: Thumbnailer, originals: FakeContainer, topic: FakeTopic,
    original: bytes | None, reason: str,
) -> None:  # fmt: skip
    if original is not None:
        originals.put(PHOTO, original)
    with pytest.raises(Permanent) as caught:
        worker.handle(message())
    assert caught.value.reason == reason
    assert caught.value.description.endswith(".")
    assert not topic.published


def test_an_unknown_message_is_permanent(worker: Thumbnailer) -> None:
    with pytest.raises(Permanent, match="UnknownEvent"):
        worker.handle(message(b"hello"))


def test_a_missing_container_is_not_taken_for_a_missing_original(
    worker: Thumbnailer, originals: FakeContainer
) -> None:
    originals.missing = "ContainerNotFound"
    with pytest.raises(ResourceNotFoundError):
        worker.handle(message())
    with pytest.raises(ResourceNotFoundError):
        worker.reject(message())


def test_a_failure_that_passes_is_not_permanent(
    worker: Thumbnailer, originals: FakeContainer, topic: FakeTopic, monkeypatch: Any
) -> None:
    originals.put(PHOTO, png())
    topic.error = SendError("the bus is unavailable")
    with pytest.raises(SendError):
        worker.handle(message())
    away = ServiceRequestError("storage is unavailable")
    monkeypatch.setattr(originals, "download_blob", lambda name: (_ for _ in ()).throw(away))
    with pytest.raises(ServiceRequestError):
        worker.handle(message())


def test_a_photo_whose_decoder_died_stays_in_flight(
    worker: Thumbnailer, originals: FakeContainer, decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(original: bytes) -> None:
        raise DecoderLost("it was killed")

    originals.put(PHOTO, png())
    with monkeypatch.context() as patched:
        patched.setattr(decoder, "make_thumbnail", lost)
        with pytest.raises(Transient):
            worker.handle(message())
    worker.handle(message())


def test_a_dead_upload_is_rejected_with_the_reason_of_its_death(
    worker: Thumbnailer, originals: FakeContainer, topic: FakeTopic
) -> None:
    originals.put(PHOTO, b"GIF89a?")
    worker.reject(
        message(dead_letter_reason="UnreadableImage", dead_letter_error_description="It is not.")
    )
    expected = {"created": "2026-11-03T08:00:00Z", "reason": "It is not."}
    assert topic.published == [("photo.rejected", PHOTO, expected)]


@pytest.mark.parametrize("reason", ["TTLExpiredException", "KeyError", None])
def test_what_the_broker_gave_up_or_a_defect_is_rejected_without_its_words(
    worker: Thumbnailer, originals: FakeContainer, topic: FakeTopic, reason: str | None
) -> None:
    originals.put(PHOTO, png())
    text = "Traceback (most recent call last): ..."
    worker.reject(message(dead_letter_reason=reason, dead_letter_error_description=text))
    [(kind, _, data)] = topic.published
    assert (kind, data["reason"]) == ("photo.rejected", "It could not be processed.")


def test_a_dead_upload_whose_thumbnail_is_there_is_told_as_processed_again(
    worker: Thumbnailer, originals: FakeContainer, topic: FakeTopic
) -> None:
    originals.put(PHOTO, png())
    topic.error = SendError("the bus is unavailable")
    with pytest.raises(SendError):
        worker.handle(message())
    topic.error = None
    worker.reject(message(dead_letter_reason="MaxDeliveryCountExceeded"))
    assert topic.published == [("photo.processed", PHOTO, FACTS)]


def test_a_photo_whose_original_is_gone_has_the_time_at_which_the_bus_took_it(
    worker: Thumbnailer, topic: FakeTopic
) -> None:
    worker.reject(message(dead_letter_reason="OriginalGone"))
    assert topic.published[0][2]["created"] == "2026-11-03T08:00:00Z"


def test_a_dead_letter_that_names_no_photo_stays(worker: Thumbnailer, topic: FakeTopic) -> None:
    with pytest.raises(LeaveLocked):
        worker.reject(message(b"hello"))
    assert not topic.published


def test_each_line_names_the_photo(
    worker: Thumbnailer, originals: FakeContainer, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    originals.put(PHOTO, png())
    worker.handle(message())
    worker.reject(message())
    assert [line["photo"] for line in lines()] == [PHOTO, PHOTO]


def test_one_original_at_a_time_is_in_memory(
    worker: Thumbnailer, originals: FakeContainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    originals.put(PHOTO, png())
    stored = originals.download_blob

    def download(name: str) -> Any:
        assert worker.room.locked()
        return stored(name)

    monkeypatch.setattr(originals, "download_blob", download)
    worker.handle(message())
    assert not worker.room.locked()
