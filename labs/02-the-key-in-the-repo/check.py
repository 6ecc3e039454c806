"""The report by the gateway's own identity, and every copy of the account's keys refused."""

import uuid
from collections.abc import Iterator
from contextlib import suppress

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient

from cli.lab.run import Finding, Run
from sandbox.audit import Outcome
from sandbox.rbac import Allowed, Assignments, Requirement
from sandbox.storage.account_keys import AccountKeys

READER = "Storage Blob Data Reader"
LIST_KEYS = "Microsoft.Storage/storageAccounts/listKeys/action"


def check(run: Run) -> Iterator[Finding]:
    """Run the report, search the files for a key, use the keys, and find who may list them."""
    yield from _report(run)
    keys = AccountKeys.kept_in(run.state, run.deployment.storage.name).shown
    files = {each.name: each.read_bytes() for each in run.work.rglob("*") if each.is_file()}
    holding = {name for name in files for key in keys.values() if key.encode() in files[name]}
    yield Finding("", "work/", f"a key is in {', '.join(sorted(holding))}" if holding else "")
    for name, key in keys.items():
        fault = "it reads the originals: the account accepts its keys" if _opens(run, key) else ""
        yield Finding("", f"a copy of {name}", fault, too_much=bool(fault))
    assignments = Assignments.kept_in(run.state, run.now)
    needed = Requirement.of(run.now.storage.id, LIST_KEYS, data=False)
    for who in run.running.identities:
        found = assignments.decide(run.now.principal(who).principal_id, needed)
        fault = f"its role {found.role.name} allows it" if isinstance(found, Allowed) else ""
        yield Finding(who, "list the account's keys", fault, too_much=bool(fault))


def _report(run: Run) -> Iterator[Finding]:
    with run.as_identity("thumbnailer") as identity:
        account = BlobServiceClient(f"https://{run.deployment.storage.host}", identity.credential)
        with account, account.get_container_client("thumbnails") as thumbnails:
            thumbnails.upload_blob(f"lab-{uuid.uuid4()}", b"new")
            number = sum(1 for _ in thumbnails.list_blob_names())
    done = run.script("report.py", "gateway")
    asked = [each for each in done.records if each.outcome is not Outcome.ISSUED]
    others = {each.role or each.reason or each.outcome for each in asked} - {READER}
    fault = f"it works by {', '.join(sorted(others)) or 'no request'}"
    yield Finding("gateway", "report.py", "" if asked and not others else fault)
    right = done.out.split()[-1:] == [str(number)]
    yield Finding("gateway", "the report's number", "" if right else f"it is not {number}")


def _opens(run: Run, key: str) -> bool:
    with run.as_identity("catalog"), suppress(HttpResponseError):
        account = BlobServiceClient(f"https://{run.deployment.storage.host}", key, retry_total=0)
        with account, account.get_container_client("originals") as originals:
            list(originals.list_blob_names())
            return True
    return False
