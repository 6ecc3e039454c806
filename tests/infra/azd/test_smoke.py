"""One photo through the public address: accepted, processed, or diagnosed."""

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from infra.azd import photo
from infra.azd.smoke import Clock, send_photo
from infra.azd.tools import Stop
from tests.conftest import Running
from tests.infra.azd.conftest import StandIns
from tests.infra.azd.recorded import app, backlog, event, listener, replica, revision

Answer = tuple[int, dict[str, str]]
TAKEN: Answer = (202, {"id": "7", "state": "received"})
WAITS: Answer = (200, {"id": "7", "state": "received"})
DONE: Answer = (200, {"id": "7", "state": "processed"})


@dataclass
class Gateway:
    """A gateway with given answers; the last one repeats."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    forms: list[bytes] = field(default_factory=list)

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def gateway(stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.forms.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.do_GET()

        def do_GET(self) -> None:
            status, body = told.next()
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Gateway(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("GATEWAY_URL", told.url)
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def clock() -> Clock:
    """One on which a pause takes no time, and ends all the same."""
    passed = [0.0]

    def pause(seconds: float) -> None:
        passed[0] += seconds

    return Clock(lambda: passed[0], pause)


def hears(stand_ins: StandIns, log: str, *, replicas: int = 1, system: str = "") -> None:
    """The notifier, which the photo's event wakes, with its own log and Azure's."""
    there = [replica(f"r{each}", ready=True) for each in range(replicas)]
    stand_ins.say("az containerapp list", [app("gateway"), listener("notifier")])
    stand_ins.say("az containerapp revision list", [revision("notifier--0000002")])
    stand_ins.say("az containerapp replica list", there)
    stand_ins.say("az containerapp logs show", log)
    stand_ins.say("az containerapp logs show", system, "--type", "system")
    stand_ins.say_rules("catalog", "notifier")


def worker_lacks(stand_ins: StandIns, lines: str) -> None:
    stand_ins.say_rules("catalog", "notifier")
    stand_ins.say("az containerapp list", [app("thumbnailer")])
    stand_ins.say("az containerapp revision list", [revision("thumbnailer--0000002")])
    stand_ins.say("az containerapp replica list", [replica("r", ready=not lines)])
    stand_ins.say("az containerapp logs show", lines)


READY = '{"message": "Ready"}'
FAILED = json.dumps(event("KEDAScalerFailed", "GET https://sb-dev/photo-events: 401"))
KEYLESS = (
    '{"message": "Not proved yet: get on secret webhook-signing-key: (Forbidden) Operation get is '
    'not allowed on a disabled secret.", "operation": "get", "scope": "secret webhook-signing-key"}'
)
LOST = '{"message": "Not proved yet: ...", "operation": "send", "scope": "topic photo-events"}'


def test_a_photo_goes_through_the_services_as_they_are(
    sandbox: Running,
    stand_ins: StandIns,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GATEWAY_URL", sandbox.report.gallery)
    log = sandbox.state.folder("logs") / "notifier.log"
    hears(stand_ins, log.read_text())
    send_photo(minutes=2)
    printed = capsys.readouterr().out
    assert "processed. The gallery:" in printed
    assert "notifier is ready" in printed


def test_it_waits_until_the_photo_is_processed(
    gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.answers = [(503, {}), TAKEN, (503, {}), WAITS, DONE]
    hears(stand_ins, READY)
    send_photo(clock=clock())
    assert "processed" in capsys.readouterr().out
    assert len(gateway.forms) == 2


def test_a_notifier_that_waits_for_its_key_is_named_and_stops_nothing(
    gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.answers = [TAKEN, DONE]
    hears(stand_ins, KEYLESS)
    send_photo(clock=clock())
    printed = capsys.readouterr().out
    assert "notifier--0000002 waits for the signing key" in printed
    assert "docs/deploy.md, Set the signing key" in printed


def test_a_notifier_that_lacks_a_right_stops_it(gateway: Gateway, stand_ins: StandIns) -> None:
    gateway.answers = [TAKEN, DONE]
    hears(stand_ins, LOST)
    with pytest.raises(Stop) as stopped:
        send_photo(minutes=1, clock=clock())
    assert "The photo was processed, but not every worker received its event" in str(stopped.value)
    assert "it may not: send on topic photo-events" in str(stopped.value)


def test_a_notifier_that_never_wakes_is_named_with_its_scaler_or_its_rules(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    gateway.answers = [TAKEN, DONE]
    hears(stand_ins, READY, replicas=0, system=FAILED)
    with pytest.raises(Stop) as stopped:
        send_photo(minutes=1, clock=clock())
    assert "notifier--0000002 has no replica. The scaler of notifier" in str(stopped.value)
    assert "SCALER_SCOPE topic" in str(stopped.value)
    gateway.answers = [TAKEN, DONE]
    hears(stand_ins, READY, replicas=0)
    stand_ins.say("az servicebus topic subscription rule list", [], "notifier")
    with pytest.raises(Stop) as stopped:
        send_photo(minutes=1, clock=clock())
    assert "Subscription notifier of topic photo-events has no rule" in str(stopped.value)


def test_the_scaler_of_a_notifier_that_runs_because_it_is_new_is_reported_too(
    gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.answers = [TAKEN, DONE]
    hears(stand_ins, READY, system=FAILED)
    send_photo(clock=clock())
    printed = capsys.readouterr().out
    assert "notifier is ready" in printed
    assert "The scaler of notifier could not count the messages" in printed


def test_where_every_app_is_ready_it_asks_for_the_rules(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    gateway.answers = [TAKEN, WAITS]
    worker_lacks(stand_ins, "")
    stand_ins.say("az servicebus topic subscription rule list", [], "catalog")
    with pytest.raises(Stop) as stopped:
        send_photo(clock=clock())
    message = str(stopped.value)
    assert "Subscription catalog of topic photo-events has no rule" in message
    assert "azd provision --no-state" in message
    assert "notifier" not in message
    assert "dead letters" not in message


def test_rules_that_may_not_be_read_stop_nothing_else(
    gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.answers = [TAKEN, WAITS]
    worker_lacks(stand_ins, "")
    stand_ins.refuse("az servicebus", "(AuthorizationFailed)")
    with pytest.raises(Stop, match="check the dead letters"):
        send_photo(clock=clock())
    assert "could not be read: az servicebus topic list failed" in capsys.readouterr().out


def test_in_time_it_says_which_revision_lacks_which_right(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    gateway.answers = [TAKEN, WAITS]
    worker_lacks(stand_ins, LOST)
    with pytest.raises(Stop) as stopped:
        send_photo(clock=clock())
    message = str(stopped.value)
    assert "The photo was accepted but not processed" in message
    assert "thumbnailer--0000002 is not ready, it may not: send on topic photo-events." in message
    assert "az role assignment list --all --assignee" in message


def test_where_every_app_is_ready_it_leads_to_the_dead_letters(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    gateway.answers = [TAKEN, WAITS]
    worker_lacks(stand_ins, "")
    with pytest.raises(Stop, match="Every app is ready: check the dead letters") as stopped:
        send_photo(clock=clock())
    assert "--namespace-name sb-keyless-dev-abcdefgh" in str(stopped.value)


def test_a_gateway_that_takes_nothing_is_waited_for_and_then_looked_at(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    gateway.answers = [(503, {})]
    worker_lacks(stand_ins, LOST)
    with pytest.raises(Stop, match="The gateway did not accept the photo"):
        send_photo(clock=clock())
    assert len(gateway.forms) > 100  # for fifteen minutes, one every five seconds


def test_where_this_machine_is_not_let_in_the_control_plane_is_asked_instead(
    gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.answers = [(403, {})]
    worker_lacks(stand_ins, "")
    send_photo(clock=clock())
    printed = capsys.readouterr().out
    assert "blocks this machine's address (GATEWAY_ADDRESSES)" in printed
    assert "every running app has proved its rights\n" in printed
    assert len(gateway.forms) == 1


def test_there_too_a_notifier_may_wait_for_its_key(
    gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    # The first deployment by a pipeline: nobody can have set the key yet.
    gateway.answers = [(403, {})]
    hears(stand_ins, KEYLESS)
    stand_ins.say("az containerapp list", [listener("notifier")])
    send_photo(clock=clock())
    assert "but notifier--0000002 waits for the signing key" in capsys.readouterr().out


def test_it_tells_so_too_which_revision_lacks_which_right(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    gateway.answers = [(403, {})]
    worker_lacks(stand_ins, LOST)
    with pytest.raises(Stop, match="Not every app became ready") as stopped:
        send_photo(minutes=1, clock=clock())
    assert "send on topic photo-events" in str(stopped.value)


def test_no_app_at_all_is_not_every_app(gateway: Gateway, stand_ins: StandIns) -> None:
    gateway.answers = [(403, {})]
    stand_ins.say("az containerapp list", [])
    with pytest.raises(Stop, match="rg-keyless-dev has none of azd's apps"):
        send_photo(clock=clock())


def test_of_a_worker_that_sleeps_it_claims_nothing(
    gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.answers = [(403, {})]
    worker_lacks(stand_ins, "")
    sleeping = app("thumbnailer")
    sleeping["properties"]["template"]["scale"]["rules"] = [backlog("photo-uploads")]
    stand_ins.say("az containerapp list", [sleeping])
    stand_ins.say("az containerapp replica list", [])
    send_photo(clock=clock())
    assert "; thumbnailer will when messages arrive" in capsys.readouterr().out


def test_a_photo_that_is_rejected_is_not_waited_for(gateway: Gateway) -> None:
    gateway.answers = [TAKEN, (200, {"state": "rejected", "reason": "It is upside down."})]
    with pytest.raises(Stop, match=r"rejected.*It is upside down"):
        send_photo(clock=clock())


def test_an_unreachable_gateway_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert photo.send("http://127.0.0.1:9") is None


def test_the_picture_is_a_picture_and_never_the_same_twice() -> None:
    with Image.open(io.BytesIO(photo.picture())) as image:
        image.load()
        assert (image.format, image.size) == ("PNG", (64, 64))
    assert photo.picture() != photo.picture()


def test_without_apps_there_is_nothing_to_send_to(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOY_APPS", "false")
    monkeypatch.delenv("GATEWAY_URL")
    send_photo()
    monkeypatch.setenv("DEPLOY_APPS", "true")
    with pytest.raises(Stop, match="GATEWAY_URL is not set"):
        send_photo()
