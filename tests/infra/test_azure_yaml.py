"""azure.yaml as azd reads it, and the repository as the validator of azd's gallery reads it.

The rules: https://github.com/microsoft/template-validation-action (src/rules.json, 2026-04).
"""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.azd.__main__ import STEPS
from sandbox.deployment import app_names
from sandbox.state import PROJECT

Document = dict[str, Any]
SERVICES = app_names()


@pytest.fixture(scope="module")
def document() -> Document:
    found: Document = YAML(typ="safe").load(PROJECT / "azure.yaml")
    return found


def test_its_services_are_the_apps_of_the_bicep(document: Document) -> None:
    bicep = (PROJECT / "infra/bicep/modules/application.bicep").read_text()
    assert set(document["services"]) == set(SERVICES)
    for name, service in document["services"].items():
        assert f"    name: '{name}'\n" in bicep
        assert service["host"] == "containerapp"


@pytest.mark.parametrize("name", SERVICES)
def test_each_image_is_built_from_the_whole_repository(document: Document, name: str) -> None:
    service = document["services"][name]
    folder = PROJECT / service["project"]
    assert (folder / service["docker"]["path"]).is_file()
    assert (folder / service["docker"]["context"]).resolve() == PROJECT
    # A module of this name beside main.bicep would be deployed instead of the image alone.
    infra = document["infra"]
    assert not (PROJECT / infra["path"] / f"{name}.bicep").exists()


def test_the_bicep_is_where_it_is_looked_for(document: Document) -> None:
    infra = document["infra"]
    assert (PROJECT / infra["path"] / f"{infra['module']}.bicepparam").is_file()


def test_images_are_pushed_between_two_deployments(document: Document) -> None:
    steps = [each["azd"].split()[0] for each in document["workflows"]["up"]]
    assert steps == ["provision", "publish", "provision"]


def test_what_azd_knows_of_an_image_is_what_the_bicep_reads(document: Document) -> None:
    parameters = (PROJECT / "infra/bicep/main.bicepparam").read_text()
    for name in document["services"]:
        assert f"'SERVICE_{name.upper()}_IMAGE_NAME', ''" in parameters


def test_each_hook_is_a_step_in_both_shells(document: Document) -> None:
    for name, hook in document["hooks"].items():
        posix, windows = f"./infra/azd/hook {name}", f"./infra/azd/hook.ps1 {name}"
        assert hook["posix"] == {"shell": "sh", "run": posix, "interactive": True}
        assert hook["windows"] == {"shell": "pwsh", "run": windows, "interactive": True}
        assert name in STEPS


# Below, the gallery's own rules. Rules for another file of the repository are left to it.


def has(*names: str) -> bool:
    folders = [PROJECT, PROJECT / ".github"]
    there = {
        each.name.lower() for folder in folders if folder.is_dir() for each in folder.iterdir()
    }
    return any(each.lower() in there for each in names)


def test_the_first_line_names_the_schema() -> None:
    first = (PROJECT / "azure.yaml").read_text().partition("\n")[0]
    assert first.endswith("/schemas/v1.0/azure.yaml.json")


def test_the_template_names_itself_and_its_azd(document: Document) -> None:
    name, _, version = document["metadata"]["template"].partition("@")
    assert (name, bool(version)) == (document["name"], True)
    assert document["requiredVersions"]["azd"].startswith(">=")


@pytest.mark.parametrize(
    "file",
    ["LICENSE", "SECURITY.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "ISSUE_TEMPLATE"],
)
def test_a_file_that_the_gallery_asks_for_is_there(file: str) -> None:
    assert has(file, f"{file}.md")


@pytest.mark.parametrize("heading", ["Features", "Getting Started", "Guidance", "Resources"])
def test_the_readme_has_the_headings_that_the_gallery_looks_for(heading: str) -> None:
    assert f"## {heading}".lower() in (PROJECT / "README.md").read_text().lower()


@pytest.mark.parametrize("folder", ["infra", ".devcontainer"])
def test_a_folder_that_the_gallery_asks_for_is_there(folder: str) -> None:
    assert (PROJECT / folder).is_dir()


def test_there_is_a_pipeline_by_the_name_that_azd_gives_it() -> None:
    workflows = PROJECT / ".github" / "workflows"
    assert any(Path(workflows, f"azure-dev.{kind}").is_file() for kind in ("yml", "yaml"))
