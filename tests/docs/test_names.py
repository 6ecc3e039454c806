"""Everything that the pages name exists: links, paths, variables, commands and their options."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import typer.main
from typer.core import TyperGroup

from cli.application import application
from sandbox.state import PROJECT
from tests.docs.pages import PAGES, name_of, quoted

_CODE = (
    "docker-compose.yml",
    "services/*/Dockerfile",
    "local/**/*.py",
    "services/**/*.py",
    "sandbox/**/*.py",
    "cli/**/*.py",
    "bench/**/*.py",
    "infra/bicep/**/*.bicep*",
    "infra/bicep/snapshot",
    "infra/azd/*.py",
)
_LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
_PATH = re.compile(r"(\.?[\w-]+)(/[\w.-]+)+")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+")
_COMMAND = re.compile(r"\./keyless ([a-z]+(?:-[a-z]+)*)((?: +[^\s`|)]+)*)")

each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@each_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    targets = {urlsplit(each) for each in _LINK.findall(page.read_text())}
    here = {each.path for each in targets if not each.scheme and each.path}
    assert {each for each in here if not (page.parent / each).exists()} == set()


@each_page
def test_every_section_that_is_linked_exists(page: Path) -> None:
    targets = [urlsplit(each) for each in _LINK.findall(page.read_text())]
    linked = {(each.path, each.fragment) for each in targets if not each.scheme and each.fragment}
    assert {
        each
        for each in linked
        if each[1] not in anchors(page.parent / each[0] if each[0] else page)
    } == set()


def test_every_section_that_the_code_names_exists() -> None:
    code = "".join(path.read_text() for pattern in _CODE for path in PROJECT.glob(pattern))
    named = set(re.findall(r"\b(docs/[\w-]+\.md)#([\w-]+)", code))
    assert {each for each in named if each[1] not in anchors(PROJECT / each[0])} == set()


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    if page.suffix != ".md":
        return set()
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", each.lower()).replace(" ", "-") for each in headings}


@each_page
def test_every_path_that_is_named_exists(page: Path) -> None:
    # What a run makes is not committed.
    ours = {each.name for each in PROJECT.iterdir()} - {".keyless"}
    named = {each for each in quoted(page) if (path := _PATH.fullmatch(each)) and path[1] in ours}
    assert {each for each in named if not (PROJECT / each).exists()} == set()


@each_page
def test_every_test_that_is_named_exists(page: Path) -> None:
    named = [
        each.split("::") for each in quoted(page) if each.startswith("tests/") and "::" in each
    ]
    for path, *names in named:
        written = (PROJECT / path).read_text()
        assert all(f"def {each}(" in written or f"class {each}" in written for each in names)


@each_page
def test_every_variable_that_is_named_is_in_the_code(page: Path) -> None:
    code = "".join(path.read_text() for pattern in _CODE for path in PROJECT.glob(pattern))
    named = {each for each in quoted(page) if _VARIABLE.fullmatch(each)}
    assert named <= set(_VARIABLE.findall(code))


@each_page
def test_every_command_that_is_named_exists_with_its_options(page: Path) -> None:
    group = typer.main.get_command(application())
    assert isinstance(group, TyperGroup)
    for name, arguments in _COMMAND.findall(page.read_text()):
        assert name in group.commands, f"./keyless {name}"
        known = {option for each in group.commands[name].params for option in each.opts}
        # What follows a -- is another program's.
        own = f"{arguments} ".partition(" -- ")[0]
        given = {each for each in own.split() if each.startswith("--")}
        assert name == "test" or given <= known, f"./keyless {name}{arguments}"
