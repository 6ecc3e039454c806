"""Each identity's badge against the deployment and the audit, and the requests of ask.py."""

import json
from collections.abc import Iterator

import requests

from cli.lab.run import Done, Finding, Run
from sandbox.audit import Outcome

STORAGE, VAULT = "https://storage.azure.com", "https://vault.azure.net"


def check(run: Run) -> Iterator[Finding]:
    """Read three badges, ask as two identities, and show a badge to the wrong service."""
    yield from _badge(run, "gateway", "storage", STORAGE)
    yield from _badge(run, "thumbnailer", "vault", VAULT)
    yield from _badge(run, "notifier", "storage", STORAGE)
    yield from _asks(run, "thumbnailer", Outcome.ALLOWED)
    yield from _asks(run, "gateway", Outcome.DENIED)
    yield _at_the_vault(run)


def _badge(run: Run, who: str, service: str, audience: str) -> Iterator[Finding]:
    done = run.script("badge.py", who, service)
    found = run.now.principal(who)
    expected = {"client id": found.client_id, "principal id": found.principal_id}
    try:
        badge = dict(json.loads(done.out.strip().splitlines()[-1]))
    except (LookupError, TypeError, ValueError):
        badge = {}
    for name, value in {**expected, "service": audience}.items():
        fault = "" if badge.get(name) == value else f"{badge.get(name, 'nothing')} is not it"
        yield Finding(who, f"badge.py {service}, the {name}", fault)


def _asks(run: Run, who: str, outcome: Outcome) -> Iterator[Finding]:
    done = run.script("ask.py", who)
    tokens = [each.resource for each in done.records if each.outcome is Outcome.ISSUED]
    is_right = [each.rstrip("/") for each in tokens] == [STORAGE]  # Azure takes both forms
    fault = "" if is_right else f"it asks for {', then '.join(tokens) or 'none'}"
    yield Finding(who, "ask.py, its one token", fault, too_much=len(tokens) > 1)
    yield Finding(who, "ask.py, its request", _fault(done, who, outcome))


def _fault(done: Done, who: str, outcome: Outcome) -> str:
    for each in done.records:
        if each.outcome is Outcome.REFUSED:
            return f"refused, before a role was looked up: {each.reason}"
    decided = {(each.identity, each.outcome) for each in done.records if each.action}
    return "" if decided == {(who, outcome)} else f"it is not {outcome}"


def _at_the_vault(run: Run) -> Finding:
    with run.as_identity("notifier") as notifier:
        token = notifier.credential.get_token(f"{STORAGE}/.default").token
        url = f"https://{run.deployment.vault.host}/secrets/webhook-signing-key?api-version=7.5"
        answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    fault = "" if answer.status_code == requests.codes.unauthorized else f"{answer.status_code}"
    return Finding("notifier", "a badge for Blob Storage, shown to Key Vault, is refused", fault)
