"""Health: alive at once, ready when each right was proved, and never unready again."""

import time
from collections.abc import Callable

import pytest
from flask import Flask

from services.common.health import Proof, Readiness, init_app


def asked(readiness: Readiness, path: str, *, alive: bool = True, scopes: bool = True) -> object:
    app = Flask(__name__)
    init_app(app, readiness, lambda: alive, name_scopes=scopes)
    answer = app.test_client().get(path)
    return answer.status_code, answer.get_json()


def after(failures: int) -> Callable[[], None]:
    """A proof that fails so often before it passes."""
    left = [PermissionError("AuthorizationPermissionMismatch")] * failures

    def prove() -> None:
        if left:
            raise left.pop()

    return prove


def until_ready(readiness: Readiness) -> None:
    readiness.start()
    until = time.monotonic() + 60
    while readiness.failing and time.monotonic() < until:
        time.sleep(0.01)


def test_a_service_is_not_ready_before_each_right_is_proved() -> None:
    readiness = Readiness([Proof("read", "container originals", after(0))])
    expected = [{"operation": "read", "scope": "container originals"}]
    assert asked(readiness, "/readyz") == (503, {"ok": False, "failing": expected})


def test_rights_that_come_later_are_proved_later() -> None:
    readiness = Readiness([Proof("read", "a", after(0)), Proof("send", "b", after(2))])
    until_ready(readiness)
    assert asked(readiness, "/readyz") == (200, {"ok": True, "failing": []})


def test_a_right_that_was_proved_is_not_asked_for_again() -> None:
    proved: list[str] = []
    proofs = [Proof("read", "a", lambda: proved.append("a")), Proof("send", "b", after(2))]
    until_ready(Readiness(proofs))
    assert proved == ["a"]


def test_an_external_service_names_no_scope() -> None:
    readiness = Readiness([Proof("read", "container originals", after(0))])
    expected = {"ok": False, "failing": [{"operation": "read"}]}
    assert asked(readiness, "/readyz", scopes=False) == (503, expected)


def test_a_service_is_alive_although_nothing_is_proved() -> None:
    readiness = Readiness([Proof("read", "a", after(0))])
    assert asked(readiness, "/healthz") == (200, {"ok": True})


def test_a_service_whose_consumer_hangs_is_not_alive() -> None:
    assert asked(Readiness([]), "/healthz", alive=False) == (503, {"ok": False})


def test_a_service_that_stops_gives_up_its_proofs() -> None:
    readiness = Readiness([Proof("read", "a", after(10_000))])
    readiness.start()
    readiness.stop()
    readiness._thread.join(30)
    assert not readiness._thread.is_alive()


def test_what_is_not_proved_yet_is_logged_with_a_key_for_each_fact(
    caplog: pytest.LogCaptureFixture,
) -> None:
    until_ready(Readiness([Proof("read", "container originals", after(1))]))
    (record,) = (each for each in caplog.records if each.levelname == "WARNING")
    assert (vars(record)["operation"], vars(record)["scope"]) == ("read", "container originals")
    assert record.getMessage().startswith("Not proved yet: read on container originals: ")
