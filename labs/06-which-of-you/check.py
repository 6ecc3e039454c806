"""Each script under its app's own id, and under a wrong one: its requests, and its pauses."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from cli.lab.run import Finding, Run
from sandbox.audit import Outcome, Record

MOST_REQUESTS, LONGEST_PAUSE = 3, 10.0


def check(run: Run) -> Iterator[Finding]:
    """Run both scripts at once, each as its app."""
    with ThreadPoolExecutor() as pool:
        gallery = pool.submit(_findings, run, "gateway", "gallery.py")
        worker = pool.submit(_findings, run, "thumbnailer", "worker.py")
    yield from [*gallery.result(), *worker.result()]


def _findings(run: Run, who: str, name: str) -> list[Finding]:
    own = [each for each in run.script(name, who, hasty=True).records if each.identity == who]
    allowed = any(each.outcome is Outcome.ALLOWED for each in own)
    fault = next(iter(_refusals(own)), "" if allowed else "no request of it is allowed")
    does = f"{name} with a wrong id says so soon"
    return [Finding(who, f"{name} lists blobs", fault), Finding(who, does, _slow(run, who, name))]


def _slow(run: Run, who: str, name: str) -> str:
    done = run.script(name, who, hasty=True, AZURE_CLIENT_ID=str(uuid.uuid4()))
    asked = len(_refusals([each for each in done.records if each.identity == who]))
    if not asked:
        return "it does not ask for the identity that AZURE_CLIENT_ID names"
    if asked > MOST_REQUESTS or done.paused > LONGEST_PAUSE:
        return f"{asked} requests for a token, with pauses of {done.paused:.0f} s in all"
    return "" if done.status else "its exit status is 0, as if all were well"


def _refusals(records: list[Record]) -> list[str]:
    return [each.reason for each in records if each.outcome is Outcome.REFUSED]
