"""The four services ride through each fault: the table of docs/faults.md, row by row.

One sandbox takes all of them. In most rows a photo is under way when the fault begins, and another
one comes while it lasts. The fault ends once it has had its effect. Afterwards both photos have
arrived: once, with one webhook, without a dead letter and without a restart.
"""

import io
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
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

NOTIFIER = "topics/photo-events/subscriptions/notifier"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with up(tmp_path_factory.mktemp("ridden")) as running:
        yield running


def until(look: Callable[[], T], good: Callable[[T], bool] = bool, patience: float = 60) -> T:
    deadline = time.monotonic() + patience
    while not good(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


@dataclass
class Photo:
    """A photo, which is uploaded under one key until it is taken, as the gallery's page does."""

    content: bytes
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    statuses: list[int] = field(default_factory=list)

    @classmethod
    def new(cls) -> "Photo":
        content = io.BytesIO()
        Image.new("RGB", (64, 48), "teal").save(content, "PNG")
        return cls(content.getvalue() + uuid.uuid4().bytes)

    def post(self, sandbox: Running) -> requests.Response:
        answer = requests.post(
            f"{sandbox.report.gallery}/photos",
            files={"photo": ("small.png", self.content, "image/png")},
            headers={"Idempotency-Key": self.key},
            timeout=60,
        )
        self.statuses.append(answer.status_code)
        return answer

    def upload(self, sandbox: Running) -> str:
        """Return the photo's id once it is taken."""
        taken = until(lambda: self.post(sandbox), lambda answer: answer.status_code == 202)
        return str(taken.json()["id"])


@contextmanager
def failing(sandbox: Running, name: str, on: str = "") -> Iterator[Callable[[], int]]:
    """Let Azure fail in the block; the yielded function counts the requests that have met it."""

    def times_met() -> int:
        return sum(each.reason.startswith(f"a fault: {name}:") for each in sandbox.audit()) - before

    before = 0
    before = times_met()
    ask(sandbox.state, "fault", {"begin": name, "seconds": 100, "on": on})
    try:
        yield times_met
    finally:
        ask(sandbox.state, "fault", {"end": ""})


def waits(sandbox: Running, service: str) -> int:
    """Return how often a message was put off, to be tried again while it stays in flight."""
    return sandbox.state.path(f"logs/{service}.log").read_text("utf-8").count(": WAIT: ")


def fresh(sandbox: Running) -> Report:
    """Return a report of this moment: a change that changes nothing writes one."""
    ask(sandbox.state, "fault", {"end": "vault-lag"})
    return sandbox.report


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
    assert len(until(lambda: webhooks(sandbox.state).get(photo, set()))) == 1


def ride(sandbox: Running, name: str, effect: Callable[[Photo], object] = bool) -> list[int]:
    """Send a photo before a fault and one during it, until `effect`; both arrive.

    Return the statuses that the second upload was answered with.
    """
    first, second = Photo.new().upload(sandbox), Photo.new()
    with ThreadPoolExecutor() as pool:
        with failing(sandbox, name) as times_met:
            uploading = pool.submit(second.upload, sandbox)
            until(times_met)
            until(lambda: effect(second))
        arrive(sandbox, first, uploading.result())
    return second.statuses


@pytest.mark.parametrize("name", ["storage-503", "bus-busy", "bus-gone"])
def test_an_upload_is_refused_and_its_repetition_is_taken(sandbox: Running, name: str) -> None:
    statuses = ride(sandbox, name, lambda photo: photo.statuses)
    assert set(statuses) == {503, 202}


@pytest.mark.parametrize(
    "name", ["storage-slow", "storage-reset", "bus-detach", "bus-idle", "bus-cut"]
)
def test_an_upload_is_taken_at_the_first_try(sandbox: Running, name: str) -> None:
    assert ride(sandbox, name) == [202]


def test_receivers_that_a_busy_namespace_does_not_admit_come_back(sandbox: Running) -> None:
    """A receiver that keeps its link notices nothing, so each loses it first."""
    with failing(sandbox, "bus-busy", on="catalog") as times_met:
        ask(sandbox.state, "fault", {"begin": "bus-detach", "on": "catalog"})
        answer = Photo.new().post(sandbox)
        assert answer.status_code == 202
        until(lambda: times_met() > 1)
        until(lambda: fresh(sandbox).messages["topics/photo-events/subscriptions/catalog"] == 1)
    arrive(sandbox, answer.json()["id"])


def test_a_message_waits_in_flight_while_storage_fails_for_its_worker(sandbox: Running) -> None:
    before = waits(sandbox, "thumbnailer")
    with failing(sandbox, "storage-503", on="thumbnailer"):
        answer = Photo.new().post(sandbox)
        assert answer.status_code == 202
        until(lambda: waits(sandbox, "thumbnailer") > before)
    arrive(sandbox, answer.json()["id"])


@pytest.mark.parametrize("name", ["partner-401", "partner-429", "partner-503", "partner-slow"])
def test_a_webhook_waits_in_flight_for_its_partner(sandbox: Running, name: str) -> None:
    before = waits(sandbox, "notifier")
    assert ride(sandbox, name, lambda _: waits(sandbox, "notifier") > before) == [202]


def test_a_webhook_to_a_partner_that_is_gone_is_a_dead_letter_that_can_be_redriven(
    sandbox: Running,
) -> None:
    with failing(sandbox, "partner-410"):
        photo = Photo.new().upload(sandbox)
        until(lambda: fresh_dead_letters(sandbox) == 1)
        assert photo not in webhooks(sandbox.state)
    assert sandbox.run("redrive", "notifier").returncode == 0
    until(lambda: fresh_dead_letters(sandbox) == 0)
    arrive(sandbox, photo)


def fresh_dead_letters(sandbox: Running) -> int:
    return fresh(sandbox).dead_letters[NOTIFIER]


@pytest.mark.parametrize("name", ["vault-429", "vault-503"])
def test_a_webhook_waits_for_a_new_key_that_the_vault_does_not_give(
    sandbox: Running, name: str
) -> None:
    """The partner has the new key already, so the service needs it for the next webhook."""
    assert sandbox.run("rotate").returncode == 0
    with failing(sandbox, name, on="notifier") as times_met:
        photo = Photo.new().upload(sandbox)
        until(times_met)
    arrive(sandbox, photo)


def test_photos_arrive_while_changes_of_secrets_show_late(sandbox: Running) -> None:
    """No service deletes a secret: tests/sandbox/faults/test_vault.py has the SDK's own wait."""
    with failing(sandbox, "vault-lag"):
        photo = Photo.new().upload(sandbox)
        assert [each.name for each in sandbox.report.faults] == ["vault-lag"]
        arrive_once(sandbox, photo)
    arrive(sandbox, photo)


@pytest.mark.parametrize("name", ["identity-slow", "identity-429", "identity-500"])
def test_services_keep_their_tokens_and_the_sdk_repeats_a_request_for_a_new_one(
    sandbox: Running, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    first, second = Photo.new().upload(sandbox), Photo.new()
    with ThreadPoolExecutor() as pool:
        with failing(sandbox, name) as times_met:
            answer = second.post(sandbox)
            assert answer.status_code == 202
            token = pool.submit(new_token, sandbox, monkeypatch)
            until(times_met)
        assert token.result()
    arrive(sandbox, first, answer.json()["id"])


def test_services_keep_their_tokens_while_the_identity_endpoint_refuses_connections(
    sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = sandbox.environment("gateway")["IDENTITY_ENDPOINT"]
    with ThreadPoolExecutor() as pool:
        with failing(sandbox, "identity-refused"):
            answer = Photo.new().post(sandbox)
            assert answer.status_code == 202
            with pytest.raises(requests.ConnectionError, match="Connection refused"):
                requests.get(endpoint, timeout=10)
            token = pool.submit(new_token, sandbox, monkeypatch)
        assert token.result()
    arrive(sandbox, answer.json()["id"])


def new_token(sandbox: Running, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a token of the gateway's identity, as a program gets it that starts now."""
    variables = sandbox.act_as("gateway", monkeypatch)
    with ManagedIdentityCredential(client_id=variables["AZURE_CLIENT_ID"]) as credential:
        return str(credential.get_token("https://storage.azure.com/.default").token)


@pytest.mark.parametrize("name", ["tokens-past", "tokens-future"])
def test_services_keep_their_tokens_and_a_new_client_is_refused_until_its_token_is_valid(
    sandbox: Running, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    photo = Photo.new().upload(sandbox)
    variables = sandbox.act_as("gateway", monkeypatch)
    originals = variables["STORAGE_ORIGINALS_CONTAINER"]
    with (
        ManagedIdentityCredential(client_id=variables["AZURE_CLIENT_ID"]) as credential,
        BlobServiceClient(
            variables["AZURE_STORAGE_BLOB_ENDPOINT"], credential, retry_total=0
        ) as client,
    ):
        blob = client.get_blob_client(originals, photo)

        def asked() -> int:
            try:
                blob.get_blob_tags()
            except HttpResponseError as error:
                return error.status_code or 0
            return 200

        with failing(sandbox, name, on="gateway") as times_met:
            assert asked() == 401
            assert times_met()
            assert Photo.new().post(sandbox).status_code == 202
        until(asked, lambda status: status == 200)
    arrive(sandbox, photo)


def test_each_fault_is_ridden_through_here() -> None:
    source = Path(__file__).read_text("utf-8")
    assert [each.name for each in FAULTS if f'"{each.name}"' not in source] == []
