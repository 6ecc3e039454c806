"""`az` and `azd` as stand-ins on the PATH: they answer as recorded, and keep the requests."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.infra.azd.recorded import GATEWAY, GROUP, SUBSCRIPTION

_PROGRAM = """#!{python}
import json, pathlib, sys
here, asked = pathlib.Path(__file__).parent, sys.argv[1:]
name = pathlib.Path(__file__).name
with (here / "asked.jsonl").open("a") as file:
    file.write(json.dumps([name, *asked]) + "\\n")
for answer in json.loads((here / "answers.json").read_text()):
    words = answer["to"]
    if [name, *asked][: len(words)] == words and set(answer["with"]) <= set(asked):
        if "refuses" in answer:
            sys.exit(answer["refuses"])
        print(answer["says"] if isinstance(answer["says"], str) else json.dumps(answer["says"]))
        sys.exit()
sys.exit(f"the stand-in was never told what to say to {{name}} {{' '.join(asked)}}")
"""


@dataclass(frozen=True)
class StandIns:
    """The stand-ins' output, and the calls they received."""

    folder: Path

    def say(self, to: str, answer: Any, *options: str) -> None:
        """Answer a command that begins so and has these options; the latest that fits wins."""
        self._add({"to": to.split(), "with": options, "says": answer})

    def refuse(self, to: str, sentence: str, *options: str) -> None:
        """Fail with a sentence on standard error."""
        self._add({"to": to.split(), "with": options, "refuses": sentence})

    def say_rules(self, *subscriptions: str) -> None:
        """Give the topic these subscriptions, each with a rule by default."""
        self.say("az servicebus topic list", ["photo-events"])
        self.say("az servicebus topic subscription list", list(subscriptions))
        self.say("az servicebus topic subscription rule list", ["processed"])

    def asked(self, beginning: str) -> Sequence[Sequence[str]]:
        """The commands so far that begin so."""
        words, log = beginning.split(), self.folder / "asked.jsonl"
        lines = log.read_text().splitlines() if log.exists() else ()
        return [each for each in map(json.loads, lines) if each[: len(words)] == words]

    def _add(self, answer: Mapping[str, Any]) -> None:
        file = self.folder / "answers.json"
        file.write_text(json.dumps([answer, *json.loads(file.read_text())]))


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    """The two programs, and the environment that azd gives a hook."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "answers.json").write_text("[]")
    for name in ("az", "azd"):
        program = folder / name
        program.write_text(_PROGRAM.format(python=sys.executable))
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    given = {
        "AZURE_ENV_NAME": "dev",
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        "AZURE_RESOURCE_GROUP": GROUP,
        "GATEWAY_URL": GATEWAY,
        "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE": "sb-keyless-dev-abcdefgh.servicebus.windows.net",
        "GATEWAY_ADDRESSES": "any",
        "PARTNER_WEBHOOK_URL": "https://partner.example.com/webhooks",
        "CATALOG_AUDIENCE": "none",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    for name in ("ROLE_LEFTOVERS", "DEPLOY_APPS", "CUSTOM_ROLE_DEPOSITOR"):
        monkeypatch.delenv(name, raising=False)
    return StandIns(folder)
