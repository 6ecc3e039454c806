"""An independent judge: checkov passes the Bicep, or beside the resource stands why not."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.infra.checkov import Finding, Verdict, excuses, judge, program, template

ACCOUNT = "Microsoft.Storage/storageAccounts"


@pytest.fixture(scope="module")
def checkov() -> str:
    found = program()
    if found is None:
        pytest.skip("checkov is not there: CONTRIBUTING.md says how to install it.")
    return found


@pytest.fixture(scope="module")
def verdict(checkov: str, tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    return judge(checkov, template(), tmp_path_factory.mktemp("as-it-is"))


def test_every_rule_that_fails_is_excused_in_the_bicep(verdict: Verdict) -> None:
    assert sorted(verdict.failed - {finding for finding, _ in excuses()}) == []


def test_no_excuse_stands_for_a_rule_that_passes(verdict: Verdict) -> None:
    assert sorted({finding for finding, _ in excuses()} - verdict.failed) == []


def test_each_excuse_stands_once() -> None:
    findings = [finding for finding, _ in excuses()]
    assert len(findings) == len(set(findings))


def test_checkov_sees_an_account_that_answers_without_tls(
    verdict: Verdict, checkov: str, tmp_path: Path
) -> None:
    bare: Any = json.loads(json.dumps(template()))
    account = next(each for each in bare["resources"] if each["type"] == ACCOUNT)
    account["properties"]["supportsHttpsTrafficOnly"] = False
    rule = Finding("CKV_AZURE_3", ACCOUNT)
    assert rule in verdict.passed
    assert rule in judge(checkov, bare, tmp_path).failed
