"""docs/well-architected.md has every resource type, and the module has the text of a met point."""

import json
import re
from collections.abc import Iterator

import pytest

from sandbox.state import PROJECT

PAGE = PROJECT / "docs" / "well-architected.md"
SECTIONS = PAGE.read_text().split("\n## ")[1:]
MODULE = re.compile(r"\[[\w.]+\]\(\.\./infra/bicep/modules/(\w+\.bicep)\)")
CODE = re.compile(r"`([^`]+)`")
STANDINGS = {"met", "refused", "refused in part", "your choice"}


def types() -> set[str]:
    """Return the deployed resource types, without those that live inside another."""
    snapshot = json.loads((PROJECT / "infra" / "bicep" / "sandbox.snapshot.json").read_text())
    found = (each["type"].split("/") for each in snapshot["predictedResources"])
    return {"/".join(each[:2]) for each in found}


def rows(section: str) -> Iterator[tuple[str, str, str]]:
    for line in section.splitlines():
        cells = [each.strip() for each in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] != "point":
            yield cells[0], cells[1], cells[2]


def settings(section: str) -> Iterator[tuple[str, str]]:
    """Return each setting that a met point quotes, with the module that must contain it."""
    own = MODULE.search(section)
    for _, standing, where in rows(section):
        if standing not in {"met", "your choice"}:
            continue
        module = own[1] if own else ""
        for part in re.split(r"(?=\[[\w.]+\]\()", where):
            if named := MODULE.search(part):
                module = named[1]
            for code in CODE.findall(part):
                if not code.startswith(("./keyless", "az ", "services/", "location")):
                    yield module, code


def test_every_resource_type_has_its_section() -> None:
    told = set(re.findall(r"`(Microsoft\.\w+/\w+)`", PAGE.read_text()))
    assert told == types()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda each: each.split("\n", 1)[0])
def test_each_point_is_met_or_has_a_reason(section: str) -> None:
    found = list(rows(section))
    assert {standing for _, standing, _ in found} <= STANDINGS
    assert all(answer for _, _, answer in found)
    assert len(found) >= 6


@pytest.mark.parametrize("section", SECTIONS, ids=lambda each: each.split("\n", 1)[0])
def test_what_is_met_stands_in_the_module(section: str) -> None:
    modules = PROJECT / "infra" / "bicep" / "modules"
    quoted = list(settings(section))
    assert quoted
    missing = [each for each in quoted if each[1] not in (modules / each[0]).read_text()]
    assert missing == []
