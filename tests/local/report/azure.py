"""A stand-in for the Azure CLI that plays Azure Resource Manager, and logs, by a table of answers.

`az rest` prints the REST API's answer; `az containerapp logs show` a line for each event;
`az containerapp exec` gives its terminal to a shell, as the real one does with one far away.
"""

import json
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Answers of `az rest` by path, in the order in which the pages come.
Answers = Mapping[str, Any]

_PROGRAM = r"""#!{python}
import json, os, pathlib, sys, urllib.parse
here = pathlib.Path(__file__).parent
told = json.loads((here / "told.json").read_text())
asked = [each for each in sys.argv[1:] if each != "--only-show-errors"]
with (here / "asked.jsonl").open("a") as file:
    file.write(json.dumps(asked) + "\n")

def option(name):
    return asked[asked.index(name) + 1] if name in asked else ""

def refuse(sentence):
    sys.exit("ERROR: " + sentence)

if asked[:2] == ["account", "get-access-token"] and told["signs_in"]:
    os.execv(told["signs_in"], [told["signs_in"], *asked])
if asked[:1] == ["version"]:
    print(json.dumps({{"azure-cli": "2.77.0", "extensions": {{}}}}))
elif asked[:3] == ["containerapp", "logs", "show"]:
    name = option("--name")
    lines = told["events" if option("--type") == "system" else "logs"].get(name)
    if lines is None:
        refuse("Got bad status from the logstream API: 404")
    print("\n".join(lines))
elif asked[:2] == ["containerapp", "exec"]:
    if not told["console"]:
        refuse("(ClusterExecFailure) Cluster exec API returns error: Operation not permitted")
    sys.stderr.write("INFO: Successfully connected to container\r\nUse ctrl + D to exit.\n")
    sys.stderr.flush()
    os.execve("/bin/sh", ["sh", "-i"], {{**told["console"], "PS1": "# "}})
elif asked[:1] == ["rest"]:
    url = urllib.parse.urlsplit(option("--url"))
    query = urllib.parse.parse_qs(url.query)
    path = url.path + ("?filtered" if "$filter" in query else "")
    if "api-version" not in query:
        refuse("Bad Request(MissingApiVersionParameter)")
    answer = told["rest"].get(path)
    if answer is None:
        answer = "ResourceNotFound"
    if isinstance(answer, str):
        refuse("Forbidden(" + json.dumps({{"error": {{"code": answer, "message": path}}}}) + ")")
    print(json.dumps(answer))
else:
    sys.exit("the stand-in knows no " + " ".join(asked))
"""


@dataclass(frozen=True)
class AzureCli:
    """The stand-in, in a folder that comes first on the PATH."""

    folder: Path

    @property
    def path(self) -> str:
        return f"{self.folder}{os.pathsep}{os.environ['PATH']}"

    def tell(
        self,
        rest: Answers,
        *,
        logs: Mapping[str, Sequence[str]] | None = None,
        events: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        console: Mapping[str, str] | None = None,
        signs_in: str = "",
    ) -> None:
        """Set its answers; a text in `rest` is the code of a refusal."""
        told = {
            "rest": dict(rest),
            "logs": dict(logs or {}),
            "events": {
                name: [json.dumps(each) for each in found] for name, found in (events or {}).items()
            },
            "console": dict(console or {}),
            "signs_in": signs_in,
        }
        (self.folder / "told.json").write_text(json.dumps(told))

    @property
    def asked(self) -> list[list[str]]:
        """Every command so far."""
        file = self.folder / "asked.jsonl"
        return [json.loads(each) for each in file.read_text().splitlines()] if file.exists() else []


def stand_in(folder: Path) -> AzureCli:
    """One that answers nothing yet."""
    folder.mkdir(parents=True)
    program = folder / "az"
    program.write_text(_PROGRAM.format(python=sys.executable))
    program.chmod(stat.S_IRWXU)
    found = AzureCli(folder)
    found.tell({})
    return found
