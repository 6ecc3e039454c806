"""A rotated signing key is taken up without a restart."""

import asyncio
import ssl
import time

from sandbox.cli.photos import uploads
from sandbox.cli.walk import arrive, send, webhooks
from sandbox.entra import Issuer, SigningKey
from sandbox.partner import Partner
from sandbox.partner.journal import FILE, read
from sandbox.supervisor.operator import Operator
from tests.conftest import Running


async def rotate(sandbox: Running) -> None:
    """What the operator does: a new version in the vault, handed to the partner."""
    deployment, report = sandbox.deployment, sandbox.report
    variables = deployment.app("notifier").environment
    await Operator(
        deployment=deployment,
        issuer=Issuer(SigningKey.kept_in(sandbox.state), deployment.tenant_id),
        partner=Partner(sandbox.state, variables["PARTNER_WEBHOOK_URL"]),
        proxy=report.proxy,
        trust=ssl.create_default_context(cafile=report.ca),
    ).rotate(variables["WEBHOOK_SECRET_NAME"])


def hear_of(sandbox: Running) -> None:
    """Put one photo through and wait for its webhook."""
    gallery, upload = sandbox.report.gallery, uploads()[1]
    photo = send(gallery, upload)
    arrive(gallery, upload, photo)
    deadline = time.monotonic() + 30
    while photo not in webhooks(sandbox.state):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_rotated_key_is_taken_up_without_a_restart(sandbox: Running) -> None:
    hear_of(sandbox)
    before = sandbox.report.service("notifier").restarts
    asyncio.run(rotate(sandbox))
    hear_of(sandbox)
    deliveries = list(read(sandbox.state.path(FILE)))
    assert [each.answer for each in deliveries].count("401") == 1
    assert deliveries[-1].verified
    assert sandbox.report.service("notifier").restarts == before
