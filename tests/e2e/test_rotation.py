"""A rotated signing key is taken up without a restart."""

import time

from cli.demo_run import send, wait_until_done, webhooks
from cli.photos import uploads
from sandbox.partner.journal import FILE, read
from tests.conftest import Running


def hear_of(sandbox: Running) -> set[str]:
    """Put one photo through and wait for its webhook; gives the webhook's ids."""
    gallery, upload = sandbox.report.gallery, uploads()[1]
    photo = send(gallery, upload)
    wait_until_done(gallery, upload, photo)
    deadline = time.monotonic() + 100
    while photo not in webhooks(sandbox.state):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return webhooks(sandbox.state)[photo]


def test_a_rotated_key_is_taken_up_without_a_restart(sandbox: Running) -> None:
    hear_of(sandbox)
    before = sandbox.report.service("notifier").restarts
    assert sandbox.run("rotate").returncode == 0
    ids = hear_of(sandbox)
    # Only of this photo: what another test sent may be delivered at the same time.
    deliveries = [each for each in read(sandbox.state.path(FILE)) if each.id in ids]
    assert [each.answer for each in deliveries] == ["401", "204"]
    assert sandbox.report.service("notifier").restarts == before
