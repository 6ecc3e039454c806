"""The script runs as the thumbnailer, whose setting is the sample's."""

from collections.abc import Iterator

from cli.lab.run import Finding, Run


def check(run: Run) -> Iterator[Finding]:
    client_id = run.deployment.principal("thumbnailer").client_id
    done = run.script("who.py", "thumbnailer")
    right = done.out == f"client id: {client_id}\n"
    yield Finding("thumbnailer", "who.py", "" if right else done.out.splitlines()[-1])
    variables = {each.name: each.environment for each in run.now.apps}
    set_to = variables["thumbnailer"]["MALLOC_ARENA_MAX"]
    fault = "" if set_to == "2" else f"MALLOC_ARENA_MAX is {set_to}"
    yield Finding("thumbnailer", "its settings", fault)
