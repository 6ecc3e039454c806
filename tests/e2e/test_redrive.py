"""Dead letters are handled again under the service's own rights."""

import time

from sandbox.cli.photos import uploads
from sandbox.cli.walk import send, webhooks
from sandbox.partner import Mood, Partner
from tests.conftest import Running

NOTIFIER = "topics/photo-events/subscriptions/notifier"


def partner(sandbox: Running) -> Partner:
    url = sandbox.deployment.app("notifier").environment["PARTNER_WEBHOOK_URL"]
    return Partner(sandbox.state, url)


def wait_for_dead_letters(sandbox: Running, count: int) -> None:
    deadline = time.monotonic() + 30
    while sandbox.report.dead_letters[NOTIFIER] != count:
        assert time.monotonic() < deadline, sandbox.report.dead_letters
        time.sleep(0.2)


def test_what_a_partner_declared_gone_is_told_after_all(sandbox: Running) -> None:
    partner(sandbox).behave(Mood(410))
    photo = send(sandbox.report.gallery, uploads()[2])
    wait_for_dead_letters(sandbox, 1)
    assert photo not in webhooks(sandbox.state)

    done = sandbox.run("redrive", "notifier")
    assert done.returncode == 0, done.stderr
    assert "notifier: 1 dead letters handled, 0 left" in done.stdout
    assert photo in webhooks(sandbox.state)
    wait_for_dead_letters(sandbox, 0)


def test_what_still_fails_stays(sandbox: Running) -> None:
    partner(sandbox).behave(Mood(410, times=2))
    send(sandbox.report.gallery, uploads()[2])
    wait_for_dead_letters(sandbox, 1)
    assert "0 dead letters handled, 1 left" in sandbox.run("redrive", "notifier").stdout
    assert "1 dead letters handled, 0 left" in sandbox.run("redrive", "notifier").stdout
    wait_for_dead_letters(sandbox, 0)


def test_the_gateway_has_no_dead_letters(sandbox: Running) -> None:
    refused = sandbox.run("redrive", "gateway")
    assert refused.returncode == 64
    assert "receives no messages" in refused.stderr
