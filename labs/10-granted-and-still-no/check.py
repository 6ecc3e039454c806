"""The deployment once more, in slow motion: waiting or a new token changes an answer."""

import json
import runpy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cli.lab.answer import judge_answer
from cli.lab.breakage import broken
from cli.lab.course import Break, Row, read_course
from cli.lab.role_proof import prove_roles
from cli.lab.run import Finding, Run
from sandbox.deployment import SNAPSHOT, as_compiled, recreate

WHO, READER, HELD = "gateway", "Storage Blob Data Reader", "held.json"
ASK = str(Path(__file__).with_name("start") / "ask.py")  # and not the learner's copy
CURES = ("wait", "token", "neither")
GRANTED, REMOVED = (Row(WHO, READER, f"containers/{on}") for on in ("thumbnails", "originals"))


def prepare(run: Run) -> None:
    """Recreate the identity, let it get its tokens, and only then deploy its roles."""
    recreate(run.state, run.now.principal(WHO).resource_id)
    run.ask("apply")
    with run.as_identity(WHO):
        held = json.dumps(runpy.run_path(ASK)["new_tokens"]()).encode()
    run.state.write(HELD, held)
    run.work.joinpath(HELD).write_bytes(held)
    _deploy(run)


def check(run: Run) -> Iterator[Finding]:
    """Compare the answers with the effect of waiting and of a new token; prove the roles."""
    answers, before = run.answers(), run.ask("set")["settings"]["propagation"]
    with run.as_identity(WHO):
        ask, held = runpy.run_path(ASK), json.loads(run.state.path(HELD).read_bytes())
        _deploy(run)
        first = ask["allowed"](held)
        run.ask("set", {"propagation": "0s"})
        later, anew = ask["allowed"](held), ask["allowed"](ask["new_tokens"]())
    found = dict[str, str]()
    for case in first:
        waiting, renewing = first[case] != later[case], later[case] != anew[case]
        found[case] = "wait" if waiting else "token" if renewing else "neither"
        yield judge_answer(answers, case, found[case], CURES, "the requests say otherwise")
    if found.items() <= answers.items():
        yield from prove_roles(run, ["blobs"])
    if before != "0s":
        _deploy(run)  # for the learner, the time has not passed yet


def _deploy(run: Run) -> None:
    """Deploy the roles as they were, at once, and then the sample's, which take their time."""
    lab = replace(read_course()[10], broken=Break(revoke=[GRANTED], grant=[REMOVED]))
    sample = SNAPSHOT.read_text("utf-8")
    former = json.dumps(broken(json.loads(sample), lab, as_compiled()))
    for delay, snapshot in (("0s", former), ("30m", sample)):
        run.ask("set", {"propagation": delay})
        run.ask("apply", {"snapshot": snapshot})
