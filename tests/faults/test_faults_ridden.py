"""The four services ride through each fault: the table of docs/faults.md, row by row.

One sandbox takes all of them. In each row a photo is under way when the fault begins, and another
one comes while it lasts. Afterwards both have arrived: once, with one webhook, without a dead
letter and without a restart.
"""

import io
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.identity import ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient
from PIL import Image

from cli.control import ask
from cli.demo_run import webhooks
from sandbox.faults import FAULTS
from sandbox.supervisor import Report
from tests.conftest import Running, up

T = TypeVar("T")

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with up(tmp_path_factory.mktemp("ridden")) as running:
        yield running


@pytest.fixture(autouse=True)
def ended(sandbox: Running) -> Iterator[None]:
    yield
    ask(sandbox.state, "fault", {"end": ""})


def until(look: Callable[[], T], good: Callable[[T], bool], patience: float = 60) -> T:
    deadline = time.monotonic() + patience
    while not good(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


@dataclass(frozen=True)
class Photo:
    """A photo, which is uploaded under one key until it is taken, as the gallery's page does."""

    content: bytes
    key: str

    @classmethod
    def new(cls) -> "Photo":
        content = io.BytesIO()
        Image.new("RGB", (64, 48), "teal").save(content, "PNG")
        return cls(content.getvalue() + uuid.uuid4().bytes, str(uuid.uuid4()))

    def post(self, sandbox: Running) -> requests.Response:
        return requests.post(
            f"{sandbox.report.gallery}/photos",
            files={"photo": ("small.png", self.content, "image/png")},
            headers={"Idempotency-Key": self.key},
            timeout=60,
        )

    def upload(self, sandbox: Running) -> str:
        """Return the photo's id. A refused upload says when to try again."""
        answers = []

        def tried() -> requests.Response:
            answers.append(self.post(sandbox))
            return answers[-1]

        taken = until(tried, lambda answer: answer.status_code == 202)
        refused = [each for each in answers if each.status_code != 202]
        assert all(each.status_code == 503 and each.headers["Retry-After"] for each in refused)
        return str(taken.json()["id"])


def begin(sandbox: Running, name: str, seconds: float = 2.5, on: str = "") -> None:
    ask(sandbox.state, "fault", {"begin": name, "seconds": seconds, "on": on})


def fresh(sandbox: Running) -> Report:
    """Return a report of this moment: a change that changes nothing writes one."""
    ask(sandbox.state, "fault", {"end": "vault-lag"})
    return sandbox.report


def times_met(sandbox: Running, name: str) -> int:
    return sum(each.reason.startswith(f"a fault: {name}:") for each in sandbox.audit())


def arrive(sandbox: Running, *photos: str) -> None:
    """Wait until all has come to rest, and check each photo."""
    for photo in photos:
        arrive_once(sandbox, photo)
    until(lambda: fresh(sandbox).messages, lambda found: not any(found.values()))
    listed = requests.get(f"{sandbox.report.gallery}/photos?limit=100", timeout=60).json()["photos"]
    for photo in photos:
        assert sum(each["id"] == photo for each in listed) == 1
    assert not any(sandbox.report.dead_letters.values())
    assert all(each.restarts == 0 for each in sandbox.report.services)


def arrive_once(sandbox: Running, photo: str) -> None:
    url = f"{sandbox.report.gallery}/photos/{photo}"

    def is_processed(answer: requests.Response) -> bool:
        return answer.ok and answer.json()["state"] == "processed"

    until(lambda: requests.get(url, timeout=60), is_processed)
    assert requests.get(f"{url}/thumbnail", timeout=60).ok
    assert len(until(lambda: webhooks(sandbox.state).get(photo, set()), bool)) == 1


def ride(sandbox: Running, name: str, seconds: float = 2.5, on: str = "") -> None:
    """Send a photo before a fault and one during it; both arrive, and the fault was met."""
    before = times_met(sandbox, name)
    first = Photo.new().upload(sandbox)
    begin(sandbox, name, seconds, on)
    second = Photo.new().upload(sandbox)
    until(lambda: times_met(sandbox, name), lambda times: times > before)
    arrive(sandbox, first, second)


@pytest.mark.parametrize(
    "name",
    ["storage-503", "storage-reset", "bus-busy", "bus-detach", "bus-idle", "bus-cut", "bus-gone"],
)
def test_photos_arrive_though_a_plane_fails_for_everyone(sandbox: Running, name: str) -> None:
    ride(sandbox, name)


def test_photos_arrive_though_storage_answers_too_late(sandbox: Running) -> None:
    ride(sandbox, "storage-slow", seconds=8)


@pytest.mark.parametrize("service", ["thumbnailer", "catalog"])
def test_photos_arrive_though_storage_fails_for_one_worker(sandbox: Running, service: str) -> None:
    before = times_met(sandbox, "storage-503")
    begin(sandbox, "storage-503", on=service)
    answer = Photo.new().post(sandbox)
    assert answer.status_code == 202
    until(lambda: times_met(sandbox, "storage-503"), lambda times: times > before)
    arrive(sandbox, answer.json()["id"])


@pytest.mark.parametrize("name", ["partner-401", "partner-429", "partner-503"])
def test_webhooks_wait_for_a_partner_that_fails(sandbox: Running, name: str) -> None:
    ride(sandbox, name)


def test_a_webhook_that_was_answered_too_late_is_not_told_twice(sandbox: Running) -> None:
    ride(sandbox, "partner-slow", seconds=18)


def test_a_webhook_to_a_partner_that_is_gone_is_a_dead_letter_that_can_be_redriven(
    sandbox: Running,
) -> None:
    begin(sandbox, "partner-410", seconds=1.5)
    photo = Photo.new().upload(sandbox)
    dead = "topics/photo-events/subscriptions/notifier"
    until(lambda: sandbox.report.dead_letters, lambda found: found[dead] == 1)
    assert photo not in webhooks(sandbox.state)
    until(lambda: fresh(sandbox).faults, lambda found: not found)
    assert sandbox.run("redrive", "notifier").returncode == 0
    until(lambda: sandbox.report.dead_letters, lambda found: not any(found.values()))
    arrive(sandbox, photo)


@pytest.mark.parametrize(("name", "seconds"), [("vault-429", 2.5), ("vault-503", 4)])
def test_webhooks_wait_for_a_new_key_that_the_vault_does_not_give(
    sandbox: Running, name: str, seconds: float
) -> None:
    """The partner has the new key already, so the service needs it for the next webhook."""
    before = times_met(sandbox, name)
    assert sandbox.run("rotate").returncode == 0
    begin(sandbox, name, seconds, on="notifier")
    photo = Photo.new().upload(sandbox)
    until(lambda: times_met(sandbox, name), lambda times: times > before)
    arrive(sandbox, photo)


def test_photos_arrive_while_changes_of_secrets_show_late(sandbox: Running) -> None:
    """No service deletes a secret: tests/sandbox/faults/test_vault.py has the SDK's own wait."""
    begin(sandbox, "vault-lag")
    photo = Photo.new().upload(sandbox)
    assert [each.name for each in sandbox.report.faults] == ["vault-lag"]
    arrive(sandbox, photo)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("identity-slow", 6), ("identity-429", 3), ("identity-500", 3), ("identity-refused", 3)],
)
def test_services_keep_their_tokens_and_the_sdk_repeats_a_request_for_a_new_one(
    sandbox: Running, monkeypatch: pytest.MonkeyPatch, name: str, seconds: float
) -> None:
    first = Photo.new().upload(sandbox)
    begin(sandbox, name, seconds)
    second = Photo.new().post(sandbox)
    assert second.status_code == 202
    variables = sandbox.act_as("gateway", monkeypatch)
    begun = time.monotonic()
    with ManagedIdentityCredential(client_id=variables["AZURE_CLIENT_ID"]) as credential:
        assert credential.get_token("https://storage.azure.com/.default").token
    assert time.monotonic() - begun > 1
    arrive(sandbox, first, second.json()["id"])
    assert name == "identity-refused" or times_met(sandbox, name)


@pytest.mark.parametrize("name", ["tokens-past", "tokens-future"])
def test_services_keep_their_tokens_and_a_new_client_is_refused_until_its_token_is_valid(
    sandbox: Running, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    begin(sandbox, name, seconds=3, on="gateway")
    photo = Photo.new().post(sandbox)
    assert photo.status_code == 202
    variables = sandbox.act_as("gateway", monkeypatch)
    endpoint, container = (
        variables["AZURE_STORAGE_BLOB_ENDPOINT"],
        variables["STORAGE_ORIGINALS_CONTAINER"],
    )
    with (
        ManagedIdentityCredential(client_id=variables["AZURE_CLIENT_ID"]) as credential,
        BlobServiceClient(endpoint, credential, retry_total=0) as client,
    ):
        blob = client.get_blob_client(container, photo.json()["id"])

        def asked() -> str:
            try:
                blob.get_blob_tags()
            except HttpResponseError as error:
                return str(error.status_code)
            return "allowed"

        assert asked() == "401"
        until(asked, lambda answer: answer == "allowed")
    assert times_met(sandbox, name)
    arrive(sandbox, photo.json()["id"])


def test_each_fault_has_its_row() -> None:
    """The names in this file are those of the catalogue."""
    source = Path(__file__).read_text("utf-8")
    assert [each.name for each in FAULTS if f'"{each.name}"' not in source] == []
