"""The built-in roles of the sandbox are those of Microsoft's documentation."""

import json
import subprocess
from pathlib import Path

import pytest

from sandbox.deployment import RoleDefinition
from sandbox.rbac import built_in_roles
from tests.recorded.roles.facts import FACTS, PAGES, Page, facts, named_here, pages_of

DOCUMENTED = {each["id"]: each for each in json.loads(FACTS.read_text())["roles"]}
ID = "57a6e4a4-1111-4000-8000-000000000057"
PAGE = f"""## A Role

| Actions | Description |
| --- | --- |
| Test/things/read | Not this table, but the block. |

```json
{{
  "name": "{ID}",
  "permissions": [
    {{
      "actions": [],
      "notActions": [],
      "dataActions": ["Test/things/read"],
      "notDataActions": ["Test/things/secret/read"]
    }}
  ],
  "roleName": "A Role"
}}
```
"""


@pytest.mark.parametrize("role", built_in_roles(), ids=lambda role: role.name)
def test_a_built_in_role_grants_what_is_documented(role: RoleDefinition) -> None:
    id_ = role.id.rpartition("/")[2]
    assert id_ in DOCUMENTED, "run python -m tests.recorded.roles.facts on a clone"
    documented = DOCUMENTED[id_]
    assert role.name == documented["name"]
    for kind, actions in (
        ("actions", role.actions),
        ("notActions", role.not_actions),
        ("dataActions", role.data_actions),
        ("notDataActions", role.not_data_actions),
    ):
        assert sorted(actions) == sorted(documented.get(kind, ())), kind


def test_the_facts_are_of_roles_that_are_named_here_and_say_where_they_are_from() -> None:
    facts = json.loads(FACTS.read_text())
    assert named_here() >= set(DOCUMENTED)
    assert facts["repository"] == "MicrosoftDocs/azure-docs"
    assert all(len(commit) == 40 for commit in facts["pages"].values())


def test_facts_are_made_of_the_blocks_of_a_page() -> None:
    page = Page("test.md", "0" * 40, PAGE)
    assert facts("owner/name", [page], frozenset({ID})) == {
        "repository": "owner/name",
        "pages": {"test.md": "0" * 40},
        "roles": [
            {
                "id": ID,
                "name": "A Role",
                "dataActions": ["Test/things/read"],
                "notDataActions": ["Test/things/secret/read"],
            }
        ],
    }
    assert facts("owner/name", [page], frozenset())["roles"] == []


def test_a_clone_is_read_with_the_commit_of_each_page(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is it a clone of MicrosoftDocs/azure-docs"):
        pages_of(tmp_path)
    folder = tmp_path / PAGES
    folder.mkdir(parents=True)
    (folder / "test.md").write_text(PAGE)
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    for command in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "Add a page")):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    (page,) = pages_of(tmp_path)
    assert (page.name, page.text) == ("test.md", PAGE)
    assert len(page.commit) == 40
