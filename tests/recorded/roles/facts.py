"""Makes facts.json: the built-in roles that are named here, as Microsoft's documentation has them.

    .venv/bin/python -m tests.recorded.roles.facts ../azure-docs

takes a clone of https://github.com/MicrosoftDocs/azure-docs, of which the folder below is enough:
`git clone --filter=blob:none --sparse`, then `git sparse-checkout set` and that folder.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGES = "articles/role-based-access-control/built-in-roles"
FACTS = Path(__file__).with_name("facts.json")
_PROJECT = Path(__file__).parents[3]
BUILT_IN = _PROJECT / "sandbox/deployment/builtin_roles.json"
_BICEP = _PROJECT / "infra/bicep"
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BLOCK = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)
KINDS = ("actions", "notActions", "dataActions", "notDataActions")


@dataclass(frozen=True)
class Page:
    """A page of the documentation, and its commit."""

    name: str
    commit: str
    text: str


def named_here() -> frozenset[str]:
    """Return each id that the sandbox's list of built-in roles or the Bicep holds."""
    texts = [BUILT_IN, *_BICEP.rglob("*.bicep")]
    return frozenset(id_ for each in texts for id_ in _GUID.findall(each.read_text("utf-8")))


def facts(repository: str, pages: list[Page], ids: frozenset[str]) -> dict[str, Any]:
    """Return the roles `ids` of the pages: names and actions, without a description."""
    found = [(page, role) for page in pages for role in _roles(page.text) if role["id"] in ids]
    return {
        "repository": repository,
        "pages": {page.name: page.commit for page, _ in found},
        "roles": sorted((role for _, role in found), key=lambda role: str(role["name"])),
    }


def _roles(text: str) -> Iterator[Mapping[str, Any]]:
    for block in _BLOCK.findall(text):
        definition = json.loads(block)
        (permissions,) = definition["permissions"]
        actions = {kind: permissions[kind] for kind in KINDS if permissions[kind]}
        yield {"id": definition["name"], "name": definition["roleName"]} | actions


def pages_of(clone: Path) -> list[Page]:
    """Return the pages of a clone. Raises FileNotFoundError, CalledProcessError."""
    found = sorted((clone / PAGES).glob("*.md"))
    if not found:
        raise FileNotFoundError(
            f"{clone} has no {PAGES}: is it a clone of MicrosoftDocs/azure-docs?"
        )
    return [Page(each.name, commit_of(clone, each), each.read_text("utf-8")) for each in found]


def commit_of(clone: Path, page: Path) -> str:
    """Return the last commit of a file in a clone."""
    return _git(clone, "log", "-1", "--format=%H", "--", str(page.relative_to(clone)))


def _git(clone: Path, *arguments: str) -> str:
    command = ["git", "-C", str(clone), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def repository_of(clone: Path) -> str:
    """Return the owner and the name of the repository that `clone` is of."""
    address = _git(clone, "remote", "get-url", "origin")
    return "/".join(re.split("[/:]", address.removesuffix(".git"))[-2:])


def main() -> None:
    """Write facts.json from the clone that the command line names."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.recorded.roles.facts <clone of MicrosoftDocs/azure-docs>")
    clone = Path(sys.argv[1])
    try:
        pages = pages_of(clone)
        found = facts(repository_of(clone), pages, named_here())
    except OSError as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{clone}: {error.stderr.strip()}")
    FACTS.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
