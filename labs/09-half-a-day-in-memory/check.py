"""A busy run, whose token requests are counted, and a run that is longer than a token's life."""

from collections.abc import Iterator, Mapping

from cli.lab.run import Done, Finding, Run
from sandbox.audit import Outcome, Record

WHO, SCRIPT = "gateway", "poll.py"
PHOTOS, MOST_TOKENS = 60, 3
USUAL = {"token-lifetime": "6m", "endpoint-cache": "on"}
FEW, PAUSE = 6, 6  # the second run: photos, and seconds
SHORT = {"token-lifetime": "5s", "endpoint-cache": "off"}


def check(run: Run) -> Iterator[Finding]:
    """Count the tokens of 60 requests; if they are few, let one expire in the middle of the job."""
    done = _run(run, USUAL, PHOTOS)
    tokens = sum(each.outcome is Outcome.ISSUED for each in done.records)
    found = [
        _of_requests(done, PHOTOS),
        Finding(
            WHO,
            f"{PHOTOS} photos",
            f"{tokens} token requests, where {MOST_TOKENS} are enough" * (tokens > MOST_TOKENS),
            too_much=True,
        ),
    ]
    yield from found
    if not any(each.fault for each in found):
        yield _of_requests(_run(run, SHORT, FEW, PAUSE), FEW)


def _run(run: Run, settings: Mapping[str, str], photos: int, pause: int = 0) -> Done:
    """Run the job under these settings, and then put the learner's back."""
    before = run.ask("set")["settings"]
    run.ask("set", settings)
    try:
        return run.script(SCRIPT, WHO, str(photos), str(pause))
    finally:
        run.ask("set", before)


def _of_requests(done: Done, photos: int) -> Finding:
    """Return a fault unless a request for each thumbnail was allowed, and none refused."""
    refused = [each.reason for each in done.records if each.outcome is Outcome.REFUSED]
    allowed = sum(map(_is_read, done.records))
    fault = ""
    if refused:
        fault = f"refused after {allowed} of {photos} requests: {refused[0]}"
    elif allowed < photos:
        last = done.out.strip().splitlines()[-1:]
        fault = f"{allowed} of {photos} requests for a thumbnail arrived; it said: {' '.join(last)}"
    return Finding(WHO, f"{SCRIPT} with {photos} photos", fault)


def _is_read(record: Record) -> bool:
    there = record.scope.endswith("/containers/thumbnails") and record.action.endswith("blobs/read")
    return record.outcome is Outcome.ALLOWED and record.identity == WHO and there
