"""docs/github.md builds the federated subject from GitHub's answers.

The answers are those of docs.github.com/rest/actions/oidc and of Azure/azure-dev#9382 and its
cli/azd/pkg/tools/github/oidc_test.go. `gh` itself is a stand-in; its --jq is not.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.state import PROJECT

_GH = """#!{python}
import json, pathlib, sys
here, asked = pathlib.Path(__file__).parent, sys.argv[1:]
if asked[:2] == ["repo", "view"]:
    print("octo/photos")
    sys.exit()
assert asked[:2] == ["api", "repos/octo/photos/actions/oidc/customization/sub"], asked
assert asked[2:] == ["--jq", ".sub_claim_prefix // empty"], asked
answer = json.loads((here / "answer.json").read_text())
if "status" in answer:  # as gh does: the body on standard output, the message on the other
    print(json.dumps(answer))
    sys.exit(f"gh: {{answer['message']}} (HTTP {{answer['status']}})")
if answer.get("sub_claim_prefix"):
    print(answer["sub_claim_prefix"])
"""

Subject = Callable[[object], str]


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    """The subject for the environment azure, as the page's own commands compose it."""
    page = (PROJECT / "docs" / "github.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    [asks] = [each for each in blocks if "sub_claim_prefix" in each]
    [uses] = [line.strip() for each in blocks for line in each.splitlines() if "--subject" in line]
    gh = tmp_path / "gh"
    gh.write_text(_GH.format(python=sys.executable))
    gh.chmod(0o755)
    shell = shutil.which("sh")
    assert shell is not None

    def compose(answer: object) -> str:
        (tmp_path / "answer.json").write_text(json.dumps(answer))
        script = f"set -eu\n{asks}\nwho=azure\nprintf '%s' {uses.removeprefix('--subject ')}"
        done = subprocess.run(
            [shell, "-c", script],
            env={"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    return compose


@pytest.mark.parametrize("immutable", [True, False])
def test_a_newer_repository_has_ids_in_it_whatever_the_flag_beside_says(
    subject: Subject, immutable: bool
) -> None:
    prefix = "repo:octo@123/photos@456"
    answer = {
        "use_default": True,
        "use_immutable_subject": immutable,
        "sub_claim_prefix": prefix,
    }
    assert subject(answer) == f"{prefix}:environment:azure"


def test_an_older_repository_is_called_by_its_name(subject: Subject) -> None:
    assert subject({"use_default": True}) == "repo:octo/photos:environment:azure"
    answer = {"use_default": True, "sub_claim_prefix": "repo:octo/photos"}
    assert subject(answer) == "repo:octo/photos:environment:azure"


def test_where_github_knows_no_customization_the_name_is_taken(subject: Subject) -> None:
    answer = {"message": "Not Found", "status": "404"}
    assert subject(answer) == "repo:octo/photos:environment:azure"


def test_no_page_and_no_workflow_writes_the_subject_by_hand() -> None:
    files = [PROJECT / "docs" / "github.md", *(PROJECT / ".github" / "workflows").glob("*.yml")]
    by_hand = re.compile(r"repo:<owner>/<repository>:environment")
    assert [each.name for each in files if by_hand.search(each.read_text())] == []
