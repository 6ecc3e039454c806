"""The clock of the whole machine set back, and on, while the sandbox and its services run.

On Azure each end has its own clock, and only the services' can be wrong: a container that is set
on asks for a new token, and the SDK takes a lock that it was given before for lost. Both are so
here. Azure's own times (locks, duplicates, expiry of messages) go on evenly, here too.

The SDK's receive (azure-servicebus 7.15) ends by the clock that can be set. Set back, it waits
until the next message comes; where none does for two minutes, /healthz tells the platform.

The catalog judges the gateway's tokens by its own clock. Here the sandbox's Entra has followed the
machine's clock on: where that is set back for good, the gallery needs a restart, unlike on Azure.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from cli.demo_run import webhooks
from cli.photos import Upload, uploads
from sandbox.audit import Outcome
from sandbox.partner.fault import Fault, inject
from sandbox.supervisor import running
from tests.faults.settable_clock import Shifted, clock, started

HOUR, DAY = 3600.0, 86400.0
# Back, right again, on, on by more than a token lives, and right again.
SHIFTS = [-HOUR, 0, HOUR, 2 * DAY, 0]
pytestmark = pytest.mark.timeout(400)  # a lock of a minute has to end, on a busy machine
BURST = 2 * 300  # of the two processes of the gateway


@pytest.fixture(scope="module")
def shifted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shifted]:
    folder = tmp_path_factory.mktemp("shifted")
    with started(folder / "state", clock(folder)) as sandbox:
        ready(sandbox)
        yield sandbox
        for name in ("sandbox.log", *(f"logs/{each.name}.log" for each in sandbox.report.services)):
            path = sandbox.state.path(name)
            assert not path.exists() or "Traceback" not in path.read_text()


@pytest.fixture(autouse=True)
def right_again(shifted: Shifted) -> Iterator[None]:
    yield
    shifted.clock.shift(0)
    wake(shifted)


def until(true: Callable[[], bool], patience: float = 180) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.2)


def ready(sandbox: Shifted) -> None:
    until(lambda: (report := running(sandbox.state)) is not None and report.ready)


def sent(sandbox: Shifted, upload: Upload, key: str | None = None) -> str:
    """The id of an upload that was taken; where a jump has cost a link, it is asked to come again.

    It comes again as the same one, as a browser's does.
    """
    headers = {"Idempotency-Key": key or str(uuid4())}

    def post() -> requests.Response:
        files = {"photo": (upload.name, upload.content, upload.content_type)}
        return requests.post(
            f"{sandbox.report.gallery}/photos", files=files, headers=headers, timeout=60
        )

    answers = [post()]
    until(lambda: taken(answers, post))
    assert answers[-1].status_code == 202, answers[-1].text
    return str(answers[-1].json()["id"])


def taken(answers: list[requests.Response], post: Callable[[], requests.Response]) -> bool:
    if answers[-1].status_code == 503:
        answers.append(post())
    return answers[-1].status_code != 503


def put_through(sandbox: Shifted) -> str:
    """Put one photo through from the gateway to the partner; return its id."""
    upload = uploads()[1]
    photo = sent(sandbox, upload)
    until(lambda: photo in webhooks(sandbox.state))
    return photo


def wake(sandbox: Shifted) -> None:
    """Let each consumer have a message, so that none waits for a time that is far off."""
    broken = uploads()[3]
    photo = sent(sandbox, broken)
    until(lambda: photo in webhooks(sandbox.state))


def settled(sandbox: Shifted) -> None:
    """Assert that queues are empty, no message is dead, and each photo's events arrived once."""
    until(lambda: not any(sandbox.report.messages.values()))
    # A broken file is briefly a dead letter, until the thumbnailer has published its rejection.
    until(lambda: not any(sandbox.report.dead_letters.values()))
    assert {len(ids) for ids in webhooks(sandbox.state).values()} == {1}


def test_the_catalog_takes_no_token_of_its_future_until_its_clock_is_right(
    shifted: Shifted,
) -> None:
    """As in any service that verifies tokens itself: by its own clock."""
    page = f"{shifted.report.gallery}/photos"
    assert requests.get(page, timeout=30).status_code == 200
    shifted.clock.shift(-HOUR)
    until(lambda: requests.get(page, timeout=30).status_code == 503)
    shifted.clock.shift(0)
    until(lambda: requests.get(page, timeout=30).status_code == 200)


def test_photos_go_through_whatever_the_clock_is_set_to(shifted: Shifted) -> None:
    photos, times = [put_through(shifted)], len(shifted.audit())
    for shift in SHIFTS:
        shifted.clock.shift(shift)
        photos += [put_through(shifted), put_through(shifted)]
        assert shifted.run("status").returncode == 0
    settled(shifted)
    recorded = shifted.state.path("logs/catalog.log").read_text().splitlines()
    assert set(photos) <= {
        json.loads(line)["photo"] for line in recorded if "Recorded as processed" in line
    }
    assert [each.restarts for each in shifted.report.services] == [0, 0, 0, 0]
    assert not [each for each in shifted.audit()[times:] if each.outcome is Outcome.DENIED]


def test_tokens_that_have_ended_are_fetched_again_and_others_are_kept(shifted: Shifted) -> None:
    put_through(shifted)
    for shift, fetched in ((-HOUR, False), (4 * DAY, True)):
        before = issued(shifted)
        shifted.clock.shift(shift)
        put_through(shifted)
        assert (issued(shifted) > before) == fetched


def issued(sandbox: Shifted) -> int:
    return sum(
        each.outcome is Outcome.ISSUED and each.identity == "thumbnailer"
        for each in sandbox.audit()
    )


def test_the_audit_keeps_the_order_in_which_things_happened(shifted: Shifted) -> None:
    put_through(shifted)
    before = shifted.audit()
    shifted.clock.shift(-HOUR)
    put_through(shifted)
    after = shifted.audit()
    assert after[: len(before)] == before
    assert after[len(before)].time < before[-1].time


@pytest.mark.parametrize("shift", [-HOUR, HOUR])
def test_a_photo_that_is_sent_twice_around_a_jump_is_handled_once(
    shifted: Shifted, shift: float
) -> None:
    upload = uploads()[1]
    photos = []
    for each in (0.0, shift):
        shifted.clock.shift(each)
        photos.append(sent(shifted, upload, f"jump of {shift}"))
        put_through(shifted)  # the queue keeps its order: what came before it has been handled
    assert photos[0] == photos[1]
    log = shifted.state.path("logs/thumbnailer.log").read_text().splitlines()
    published = [json.loads(line) for line in log if "Published" in line]
    assert [each["photo"] for each in published].count(photos[0]) == 1


@pytest.mark.parametrize("shift", [-HOUR, HOUR])
def test_a_message_that_is_in_hand_at_a_jump_is_not_lost(shifted: Shifted, shift: float) -> None:
    inject(shifted.state, Fault(503, times=3))
    tries = len(refusals(shifted))
    photo = sent(shifted, uploads()[1])
    until(lambda: len(refusals(shifted)) > tries)
    shifted.clock.shift(shift)
    until(lambda: photo in webhooks(shifted.state))
    settled(shifted)


def refusals(sandbox: Shifted) -> list[str]:
    return sandbox.state.path("partner.jsonl").read_text().splitlines()


@pytest.mark.parametrize("shift", [-HOUR, HOUR])
def test_who_sent_too_much_is_let_in_again_after_a_jump(shifted: Shifted, shift: float) -> None:
    address = f"{shifted.report.service('gateway').url}/photos"
    with requests.Session() as session:
        # A malformed form counts, too.
        answers = (session.post(address, timeout=30) for _ in range(20 * BURST))
        refused = next(each for each in answers if each.status_code == 429)
        shifted.clock.shift(shift)
        assert int(refused.headers["Retry-After"]) <= 1
        until(lambda: session.post(address, timeout=30).status_code == 415)


def test_the_key_is_rotated_after_a_jump_of_days_there_and_back(shifted: Shifted) -> None:
    for shift in (2 * DAY, 0):
        shifted.clock.shift(shift)
        put_through(shifted)
        rotated = shifted.run("rotate")
        assert rotated.returncode == 0, rotated.stderr
        put_through(shifted)
    settled(shifted)


def test_a_sandbox_that_was_begun_in_the_future_starts_again(tmp_path: Path) -> None:
    made = clock(tmp_path)
    photos = []
    for shift in (2 * DAY, 0):
        made.shift(shift)
        with started(tmp_path / "state", made) as sandbox:
            ready(sandbox)
            photos.append(put_through(sandbox))
            assert sandbox.run("rotate").returncode == 0
            photos.append(put_through(sandbox))
            settled(sandbox)
            wake(sandbox)
    assert len(set(photos)) == 4
