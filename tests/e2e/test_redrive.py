"""Dead letters are handled again under the service's own rights."""

import os
import subprocess
import sys
import time
from pathlib import Path

from cli.demo_run import send, webhooks
from cli.photos import uploads
from sandbox.partner import Fault
from sandbox.partner.receiver import Partner
from sandbox.state import PROJECT
from tests.conftest import Running, up

SEND_NOTHING_KNOWN = """
import os
from azure.servicebus import ServiceBusMessage
from services.common.bus import open_client
from services.common.credential import open_credential
credential = open_credential(os.environ["AZURE_CLIENT_ID"])
with (
    open_client(os.environ["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"], credential) as client,
    client.get_queue_sender(os.environ["SERVICEBUS_QUEUE_NAME"]) as sender,
):
    sender.send_messages(ServiceBusMessage(b"nothing known"))
"""
NOTIFIER = "topics/photo-events/subscriptions/notifier"


def partner(sandbox: Running) -> Partner:
    url = sandbox.deployment.app("notifier").environment["PARTNER_WEBHOOK_URL"]
    return Partner(sandbox.state, url)


def wait_for_dead_letters(sandbox: Running, count: int) -> None:
    deadline = time.monotonic() + 100
    while sandbox.report.dead_letters[NOTIFIER] != count:
        assert time.monotonic() < deadline, sandbox.report.dead_letters
        time.sleep(0.2)


def test_what_a_partner_declared_gone_is_told_after_all(sandbox: Running) -> None:
    sandbox.rest()  # the fault is for the next webhook, whichever photo that is of
    partner(sandbox).inject(Fault(410))
    photo = send(sandbox.report.gallery, uploads()[2])
    wait_for_dead_letters(sandbox, 1)
    assert photo not in webhooks(sandbox.state)

    done = sandbox.run("redrive", "notifier")
    assert done.returncode == 0, done.stderr
    assert "notifier: 1 dead letters handled, 0 left" in done.stdout
    assert photo in webhooks(sandbox.state)
    wait_for_dead_letters(sandbox, 0)


def test_what_still_fails_stays(sandbox: Running) -> None:
    sandbox.rest()
    partner(sandbox).inject(Fault(410, times=2))
    send(sandbox.report.gallery, uploads()[2])
    wait_for_dead_letters(sandbox, 1)
    assert "0 dead letters handled, 1 left" in sandbox.run("redrive", "notifier").stdout
    assert "1 dead letters handled, 0 left" in sandbox.run("redrive", "notifier").stdout
    wait_for_dead_letters(sandbox, 0)


def test_what_the_running_service_holds_is_told(tmp_path: Path) -> None:
    """The thumbnailer itself takes its dead letters, and leaves those that name no photo."""
    with up(tmp_path, "--only", "thumbnailer") as sandbox:
        done = subprocess.run(
            [sys.executable, "-c", SEND_NOTHING_KNOWN],
            env={**os.environ, **sandbox.environment("gateway")},
            cwd=PROJECT,
            check=False,
        )
        assert done.returncode == 0
        log = sandbox.state.path("logs/thumbnailer.log")
        deadline = time.monotonic() + 60
        while "it names no photo" not in log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.2)
        redriven = sandbox.run("redrive", "thumbnailer")
        assert "0 dead letters handled, 0 left, 1 locked by another receiver" in redriven.stdout
        assert redriven.returncode == 1


def test_the_gateway_has_no_dead_letters(sandbox: Running) -> None:
    refused = sandbox.run("redrive", "gateway")
    assert refused.returncode == 64
    assert "gateway may receive from no queue and no subscription" in refused.stderr
