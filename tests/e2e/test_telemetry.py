"""One photo's path is one trace, from upload to webhook, in the running sandbox."""

import base64
import json
import uuid
from collections.abc import Mapping
from pathlib import Path

import pytest

from cli.demo_run import send, wait_until_done
from cli.photos import Upload, uploads
from cli.sample import PIPELINE
from sandbox.audit import Outcome
from sandbox.state import State
from sandbox.telemetry import FILE, Item, Store, everything, trace_of
from tests.conftest import Running, keyless
from tests.e2e.test_pipeline import eventually, photo

SETTLED = {"ServiceBus.complete", "ServiceBus.dead-letter"}


def trace(sandbox: Running, upload: Upload) -> tuple[str, list[Item]]:
    """Return the items of an upload once each service has reported its outcome."""
    gallery = sandbox.report.gallery
    sent = send(gallery, upload)
    wait_until_done(gallery, upload, sent)

    def complete(items: list[Item]) -> bool:
        settled = {each.role for each in items if each.name in SETTLED}
        whole = {each.parent for each in items} <= {each.id for each in items} | {""}
        return whole and settled | {"gateway"} >= set(PIPELINE)

    path = sandbox.state.path(FILE)
    return sent, eventually(lambda: trace_of(path, sent), complete, patience=90)


def broken() -> Upload:
    """A file that is no photo, with bytes of its own: the same again would be the same photo."""
    file = next(each for each in uploads() if each.name == "broken.jpg")
    return Upload(file.name, file.content_type, file.content + uuid.uuid4().bytes)


@pytest.fixture(scope="module")
def traces(sandbox: Running) -> Mapping[str, tuple[str, list[Item]]]:
    """The traces of a photo and of a file that is none, each by its name."""
    return {each.name: trace(sandbox, each) for each in (photo(), broken())}


def services(sandbox: Running) -> set[str]:
    """Return the services on a photo's path, and further subscribers to its events."""
    return {each.name for each in sandbox.deployment.apps}


@pytest.mark.parametrize("name", ["small.png", "broken.jpg"])
def test_there_is_one_trace_id_on_what_all_services_tell(
    sandbox: Running, traces: Mapping[str, tuple[str, list[Item]]], name: str
) -> None:
    sent, items = traces[name]
    assert len({each.operation for each in items}) == 1
    assert set(PIPELINE) <= {each.role for each in items if each.called(sent)}
    assert [each for each in items if each.role != each.identity] == []
    assert {each.role for each in items} <= services(sandbox)


@pytest.mark.parametrize("name", ["small.png", "broken.jpg"])
def test_each_span_lies_within_another_up_to_the_upload(
    traces: Mapping[str, tuple[str, list[Item]]], name: str
) -> None:
    _, items = traces[name]
    ids = {each.id for each in items if each.id}
    (root,) = [each for each in items if each.parent not in ids]
    assert (root.role, root.name, root.code) == ("gateway", "POST /photos", "202")


def test_what_was_dead_lettered_goes_on_in_the_same_trace(
    traces: Mapping[str, tuple[str, list[Item]]],
) -> None:
    requests = [each for each in traces["broken.jpg"][1] if each.table == "AppRequests"]
    handled = {each.name: each.success for each in requests}
    assert handled["process photo-uploads"] is False
    assert handled["process photo-uploads/$DeadLetterQueue"] is True
    assert handled["process photo-events/notifier"] is True


def test_the_logs_of_the_services_name_the_trace(
    sandbox: Running, traces: Mapping[str, tuple[str, list[Item]]]
) -> None:
    sent, items = traces["small.png"]
    traces_of: dict[str, set[str]] = {}
    for name in ("gateway", "thumbnailer", "notifier"):
        log = (sandbox.state.folder("logs") / f"{name}.log").read_text().splitlines()
        lines = [json.loads(line) for line in log if line.startswith("{")]
        about_it = [each for each in lines if each.get("photo") == sent and "trace_id" in each]
        traces_of[name] = {each["trace_id"] for each in about_it}
    assert traces_of == {name: {items[0].operation} for name in traces_of}


def test_no_token_no_key_and_nothing_of_a_photo_is_in_the_telemetry(
    sandbox: Running, traces: Mapping[str, tuple[str, list[Item]]]
) -> None:
    assert traces
    key = json.loads(sandbox.state.path("partner.json").read_text())["key"]
    text = repr(everything(sandbox.state.path(FILE)))
    assert "eyJ" not in text
    assert key not in text
    assert key.removeprefix("whsec_") not in text
    for each in uploads():
        assert base64.b64encode(each.content[:48]).decode() not in text
        assert repr(each.content[:8])[2:-1] not in text


def test_waiting_is_not_telemetry(
    sandbox: Running, traces: Mapping[str, tuple[str, list[Item]]]
) -> None:
    assert traces
    names = {each.name for each in everything(sandbox.state.path(FILE))}
    assert not {"ServiceBus.receive", "GET /readyz", "GET /healthz"} & names


def test_telemetry_was_allowed_to_the_services_by_their_role(
    sandbox: Running, traces: Mapping[str, tuple[str, list[Item]]]
) -> None:
    assert traces
    records = [
        each
        for each in sandbox.audit()
        if each.service == "telemetry" and each.outcome is Outcome.ALLOWED
    ]
    assert {each.role for each in records} == {"Monitoring Metrics Publisher"}
    assert set(PIPELINE) <= {each.identity for each in records} <= services(sandbox)


def test_trace_shows_the_way_of_one_photo_as_a_tree(
    sandbox: Running, traces: Mapping[str, tuple[str, list[Item]]]
) -> None:
    sent, items = traces["small.png"]
    result = sandbox.run("trace", "--photo", sent)
    assert result.returncode == 0
    assert result.stdout.count("trace ") == 1
    assert items[0].operation in result.stdout
    for name in PIPELINE:
        assert f"as {name}" in result.stdout
    assert "PUT /originals/<photo>  201" in result.stdout
    assert "nothing yet" not in result.stdout
    depths = [
        next(line.index(name) for line in result.stdout.splitlines() if f"── {name} " in line)
        for name in ("gateway", "thumbnailer", "catalog", "notifier")
    ]
    assert depths[0] < depths[1] < depths[2] == depths[3]


def test_trace_shows_the_same_to_scripts(
    sandbox: Running, traces: Mapping[str, tuple[str, list[Item]]]
) -> None:
    sent, items = traces["small.png"]
    lines = sandbox.run("trace", "--photo", sent, "--json").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert [each["id"] for each in found] == [each.id for each in items]
    assert {"role", "identity", "name", "seconds", "code"} <= found[0].keys()


def test_a_photo_that_was_never_uploaded_is_reported_as_unknown(sandbox: Running) -> None:
    result = sandbox.run("trace", "--photo", str(uuid.uuid4()))
    assert result.returncode == 1
    assert "no trace of" in result.stderr


def test_a_photo_that_is_on_its_way_is_shown_as_far_as_it_has_come(
    sandbox: Running, traces: Mapping[str, tuple[str, list[Item]]], tmp_path: Path
) -> None:
    sent, items = traces["small.png"]
    state = State.open(tmp_path / "half")
    store = Store(state.path(FILE))
    store.add([each for each in items if each.role in {"gateway", "thumbnailer"}])
    store.close()
    result = keyless(state.root, "trace", "--photo", sent)
    assert result.returncode == 0
    assert "thumbnailer process photo-uploads" in result.stdout
    missing = ", ".join(sorted(services(sandbox) - {"gateway", "thumbnailer"}))
    assert f"nothing yet from {missing}" in result.stdout
