"""CONTRIBUTING.md shows the layers of the sandbox as import-linter holds them."""

import re
import tomllib

from sandbox.state import PROJECT

PAGE = (PROJECT / "CONTRIBUTING.md").read_text()
CONTRACTS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]


def test_the_lines_are_those_of_the_contract() -> None:
    (layers,) = (
        each["layers"]
        for each in CONTRACTS["contracts"]
        if each["type"] == "layers" and each.get("containers") == ["sandbox"]
    )
    (block,) = re.findall(r"^```\n(__main__\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert block.splitlines() == layers
