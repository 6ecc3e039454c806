"""Photos go from upload to webhook through four services, each under its own roles."""

import io
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
import requests
from PIL import Image

from cli.demo_run import Arrival, send, wait_until_done, webhooks
from cli.photos import Upload, uploads
from sandbox.audit import Outcome
from tests.conftest import Running

T = TypeVar("T")


def eventually(look: Callable[[], T], good: Callable[[T], bool], patience: float = 100) -> T:
    deadline = time.monotonic() + patience
    while not good(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def told_of(sandbox: Running, photo: str) -> set[str]:
    """The ids of the webhooks about a photo, of which there will be one at least."""
    return eventually(lambda: webhooks(sandbox.state).get(photo, set()), bool)


@pytest.fixture(scope="module")
def arrivals(sandbox: Running) -> dict[str, Arrival]:
    """Send three photos and one broken file, and return their arrivals."""
    gallery = sandbox.report.gallery
    sent = [(each, send(gallery, each)) for each in uploads()]
    return {upload.name: wait_until_done(gallery, upload, photo) for upload, photo in sent}


def photo(size: tuple[int, int] = (64, 48), colour: str = "teal") -> Upload:
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return Upload("small.png", "image/png", content.getvalue() + uuid.uuid4().bytes)


@pytest.mark.parametrize("name", ["dawn.jpg", "noon.png", "dusk.webp"])
def test_a_photo_is_processed(arrivals: dict[str, Arrival], name: str) -> None:
    assert arrivals[name].state == "processed"


def test_a_photo_on_its_side_is_set_upright(arrivals: dict[str, Arrival]) -> None:
    thumbnail = arrivals["dawn.jpg"].thumbnail
    assert thumbnail is not None
    assert thumbnail[0] > thumbnail[1]


def test_a_thumbnail_tells_nothing_of_where_the_photo_was_taken(
    sandbox: Running, arrivals: dict[str, Arrival]
) -> None:
    url = f"{sandbox.report.gallery}/photos/{arrivals['dawn.jpg'].id}/thumbnail"
    with Image.open(io.BytesIO(requests.get(url, timeout=60).content)) as image:
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile"} & image.info.keys()


def test_a_broken_file_is_rejected_with_its_reason(arrivals: dict[str, Arrival]) -> None:
    assert arrivals["broken.jpg"].state == "rejected"
    assert arrivals["broken.jpg"].reason


def test_the_partner_hears_of_each_photo_once(
    sandbox: Running, arrivals: dict[str, Arrival]
) -> None:
    for each in arrivals.values():
        assert len(told_of(sandbox, each.id)) == 1


def test_no_dead_letter_is_left(sandbox: Running, arrivals: dict[str, Arrival]) -> None:
    assert arrivals
    eventually(lambda: sandbox.report.dead_letters, lambda found: not any(found.values()))


def test_the_gallery_lists_newest_first_page_by_page(
    sandbox: Running, arrivals: dict[str, Arrival]
) -> None:
    gallery = sandbox.report.gallery
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = requests.get(f"{gallery}/photos", query, timeout=60).json()
        assert len(page["photos"]) <= 2
        found += page["photos"]
        cursor = page["next"]
        if not cursor:
            break
    created = [each["created"] for each in found]
    assert created == sorted(created, reverse=True)
    assert {each.id for each in arrivals.values()} <= {each["id"] for each in found}
    assert len({each["id"] for each in found}) == len(found)


def test_a_replayed_key_answers_as_the_first_time_and_makes_one_photo(sandbox: Running) -> None:
    upload, key = photo(), str(uuid.uuid4())
    gallery = sandbox.report.gallery

    def post() -> requests.Response:
        files = {"photo": (upload.name, upload.content, upload.content_type)}
        headers = {"Idempotency-Key": key}
        return requests.post(f"{gallery}/photos", files=files, headers=headers, timeout=30)

    first, again = post(), post()
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert first.headers["Location"] == again.headers["Location"]
    arrival = wait_until_done(gallery, upload, first.json()["id"])
    assert arrival.state == "processed"
    assert len(told_of(sandbox, arrival.id)) == 1


def test_an_unknown_photo_is_404_and_not_403(sandbox: Running) -> None:
    answer = requests.get(f"{sandbox.report.gallery}/photos/{uuid.uuid4()}", timeout=60)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"this is text", 415), (b"\xff\xd8\xff" + b"0" * 20_000_001, 413)],
)
def test_what_is_no_photo_is_refused_at_the_door(
    sandbox: Running, content: bytes, status: int
) -> None:
    files = {"photo": ("x.jpg", content, "image/jpeg")}
    answer = requests.post(f"{sandbox.report.gallery}/photos", files=files, timeout=30)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_every_service_is_allowed_only_by_its_own_assignments(sandbox: Running) -> None:
    before, upload = len(sandbox.audit()), photo(colour="navy")
    wait_until_done(sandbox.report.gallery, upload, send(sandbox.report.gallery, upload))
    assignments = {each.id: each for each in sandbox.deployment.assignments}
    allowed = [each for each in sandbox.audit()[before:] if each.outcome is Outcome.ALLOWED]
    # The control plane shows a resource without requiring an action, so by no assignment.
    by_a_role = [each for each in allowed if each.action]
    assert by_a_role
    for record in by_a_role:
        assert assignments[record.assignment].principal_id == record.principal_id
