"""`./keyless rehearse`: its output for people and scripts, and its exit statuses."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.rehearsal.scenarios import SCENARIOS
from sandbox.state import PROJECT
from tests.conftest import keyless
from tests.infra.bicep import needs_bicep

QUEUE: dict[str, Any] = {
    "type": "Microsoft.ServiceBus/namespaces/queues",
    "apiVersion": "2024-01-01",
    "name": "sb-photos-4711/work",
    "dependsOn": ["bus"],
}
TEMPLATE: dict[str, Any] = {
    "languageVersion": "2.0",
    "parameters": {"place": {"type": "string"}},
    "resources": {
        "bus": {
            "type": "Microsoft.ServiceBus/namespaces",
            "apiVersion": "2024-01-01",
            "name": "sb-photos-4711",
            "location": "[parameters('place')]",
            "sku": {"name": "Standard"},
        },
        "queue": QUEUE,
        "odd": {"type": "Contoso.Odd/things", "apiVersion": "v", "name": "[strange('a')]"},
    },
}
OUT_OF_ORDER = {
    **TEMPLATE,
    "resources": {**TEMPLATE["resources"], "queue": {**QUEUE, "dependsOn": []}},
}


def rehearse(
    folder: Path, template: Any, *more: str, **variables: str
) -> "subprocess.CompletedProcess[str]":
    path = folder / "t.json"
    path.write_text(template if isinstance(template, str) else json.dumps(template))
    return keyless(folder, "rehearse", "--template", str(path), *more, **variables)


def test_a_template_in_order_is_told_as_a_timeline_and_ends_well(tmp_path: Path) -> None:
    done = rehearse(tmp_path, TEMPLATE)
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = done.stdout.index("namespaces sb-photos-4711"), done.stdout.index("queues work")
    assert done.stdout.index("  1  at once") < first
    assert first < done.stdout.index("  2  after namespaces sb-photos-4711") < second
    assert "✓ t.json (3 resources)" in done.stdout


def test_what_is_not_known_is_named(tmp_path: Path) -> None:
    printed = rehearse(tmp_path, TEMPLATE).stdout
    assert "? the parameter 'place' is given no value" in printed
    assert "the function strange() is not known here" in printed
    assert "No specific rules for Contoso.Odd/things." in printed


def test_a_refusal_names_resource_rule_source_and_mend_and_fails(tmp_path: Path) -> None:
    done = rehearse(tmp_path, OUT_OF_ORDER)
    assert done.returncode == 1
    assert re.search(r"✗ queue: .+\n +rule parent-first \(read\): \S.+\n +fix: \S", done.stdout)


def test_a_script_reads_the_same(tmp_path: Path) -> None:
    done = rehearse(tmp_path, OUT_OF_ORDER, "--json")
    assert done.returncode == 1
    (told,) = json.loads(done.stdout)["rehearsals"]
    assert [each["rule"] for each in told["findings"]][:1] == ["parent-first"]
    assert told["refused"] == 1
    assert told["noRuleFor"] == ["Contoso.Odd/things"]
    assert [each["key"] for wave in told["waves"] for each in wave] == ["bus", "queue", "odd"]


def test_a_parameter_file_is_read(tmp_path: Path) -> None:
    given = tmp_path / "p.json"
    given.write_text(json.dumps({"parameters": {"place": {"value": "westeurope"}}}))
    printed = rehearse(tmp_path, TEMPLATE, "--parameters", str(given)).stdout
    assert "is given no value" not in printed


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--scenario", "frist"), "unknown scenario 'frist'; choose from first, "),
        (("--parameters", "p.json"), "--parameters needs --template"),
        (("--template", "t.json", "--scenario", "first"), "--parameters needs --template"),
    ],
)
def test_what_makes_no_sense_is_a_wrong_use(
    tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    done = keyless(tmp_path, "rehearse", *arguments)
    assert done.returncode == 64
    assert why in done.stderr


def test_a_template_that_cannot_be_read_is_named_in_one_sentence(tmp_path: Path) -> None:
    done = rehearse(tmp_path, "{")
    assert done.returncode == 69
    assert done.stderr.count("\n") == 1
    assert "t.json is no JSON" in done.stderr


def test_without_a_compiler_it_stops_with_how_to_get_one(tmp_path: Path) -> None:
    done = keyless(tmp_path, "rehearse", BICEP="no-such-bicep")
    assert done.returncode == 69
    assert "'no-such-bicep': install the Bicep CLI (https://aka.ms/bicep-install)" in done.stderr
    assert done.stdout == ""


def test_what_looks_like_markup_is_shown_as_it_is(tmp_path: Path) -> None:
    odd = {"type": "Contoso.Odd/things", "apiVersion": "v", "name": "x[bold]y"}
    assert "things x[bold]y" in rehearse(tmp_path, {"resources": [odd]}).stdout


@pytest.mark.timeout(600)  # three runs of the compiler and eleven rehearsals, on a busy machine
@needs_bicep
def test_our_deployment_has_each_situation_and_no_refusal(tmp_path: Path) -> None:
    done = keyless(tmp_path, "rehearse")
    assert done.returncode == 0, done.stdout
    marks = re.findall(r"^([✓✗]) (\S+)", done.stdout, re.MULTILINE)
    assert marks == [("✓", name) for name in SCENARIOS]
    assert "11 rehearsals: Azure would refuse nothing" in done.stdout
    shown = (PROJECT / "docs" / "rehearsal.md").read_text()
    for block in re.findall(r"<!-- the .*? -->\n```text\n(.*?)```", shown, re.DOTALL):
        parts = [re.escape(each) for each in re.split(r"…\n", block)]
        assert re.search(r".*\n(?:.*\n)*?".join(parts), done.stdout), block
