"""Keyless works whichever way Azure turns out, and where it cannot, the sandbox says why."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.assumptions import LIKELY, QUESTIONS
from sandbox.audit import Outcome
from sandbox.servicebus import as_deployed
from sandbox.telemetry import FILE, everything
from tests.conftest import Running, keyless, up
from tests.e2e.test_pipeline import eventually, photo
from tests.e2e.test_recreated import started, until
from tests.e2e.test_telemetry import broken, trace

EVENTS = "process photo-events/"

# All that has a second answer but the one by which the gateway would have too small a role.
OTHERWISE = [
    f"--assume={each.name}={each.answers[-1]}" for each in QUESTIONS if each.name != "blob-add"
]


@pytest.fixture(scope="module")
def otherwise(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with up(tmp_path_factory.mktemp("otherwise"), *OTHERWISE) as running:
        yield running


def test_photos_go_through_though_azure_does_all_else_otherwise(otherwise: Running) -> None:
    assert "assumed  blob-overwrite=condition" in otherwise.run("status").stdout
    done = otherwise.run("demo", "--exit", *OTHERWISE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the partner verified 4 webhooks, one for each photo" in done.stdout


@pytest.mark.parametrize(("which", "answer"), [("sandbox", "removed"), ("otherwise", "stays")])
def test_each_subscriber_gets_each_event_once_whatever_becomes_of_the_default_rule(
    request: pytest.FixtureRequest, which: str, answer: str
) -> None:
    running: Running = request.getfixturevalue(which)
    assert running.report.assumed.get("bus-default-rule", LIKELY.bus_default_rule) == answer
    sent = [trace(running, each())[0] for each in (photo, broken)]
    eventually(lambda: running.report.messages, lambda found: not any(found.values()))
    subscribers = [each.name for each in running.deployment.bus.topics[0].subscriptions]
    taken = Counter(
        (each.name, each.properties["photo"])
        for each in everything(running.state.path(FILE))
        if each.name.startswith(EVENTS) and each.properties.get("photo") in sent
    )
    assert taken == {(f"{EVENTS}{each}", photo): 1 for each in subscribers for photo in sent}


def test_a_default_rule_that_the_templates_replaces_stays_since_no_rule_of_ours_has_its_name(
    sandbox: Running,
) -> None:
    bus = sandbox.deployment.bus
    assert as_deployed(bus, "replaced") == as_deployed(bus, "stays") != as_deployed(bus, "removed")


@pytest.fixture
def needs_write(tmp_path: Path) -> Iterator[Running]:
    with started(tmp_path, "--assume", "blob-add=needs-write") as running:
        yield running


def test_where_a_role_would_be_too_small_the_audit_names_the_right_that_it_lacks(
    needs_write: Running,
) -> None:
    def waits_alone() -> bool:
        services = needs_write.report.services
        waiting = {each.name for each in services if each.failing}
        ready = {each.name for each in services if each.state == "ready"}
        return waiting == {"gateway"} == {each.name for each in services} - ready

    until(waits_alone)
    output = needs_write.run("status").stdout
    assert "assumed  blob-add=needs-write" in output
    denied = [each for each in needs_write.audit() if each.outcome is Outcome.DENIED]
    assert {(each.identity, each.operation) for each in denied} == {("gateway", "PutBlob")}
    assert all(each.action.endswith("/blobs/write") for each in denied)


def test_a_demo_does_not_run_on_a_sandbox_that_assumes_otherwise(sandbox: Running) -> None:
    done = sandbox.run("demo", "--exit", "--assume", "bus-missing=existence")
    assert done.returncode == 69
    assert "was started with other --assume options; first run ./keyless down" in done.stderr


def test_what_nobody_asks_is_refused_with_what_there_is_to_assume(tmp_path: Path) -> None:
    done = keyless(tmp_path, "up", "--assume", "blob-adds=creates")
    assert done.returncode == 64
    assert "no assumption is called 'blob-adds'; there are blob-add," in done.stderr
