"""Each test of Azure's that does not pass has its reason, or is shown with its error."""

import tomllib
from pathlib import Path

import pytest

from tests.azure_sdk.reasons import Reasons, Result, lines, reason, without_reason
from tests.azure_sdk.suites import SUITES

REASONS: Reasons = {
    "errors": {"UnsupportedHeader": "need a header"},
    "tests": {
        "test_*_premium": {"error": "409", "reason": "need a premium account"},
        "test_*_sas": {"error": ["401", "403"], "reason": "need another SAS"},
    },
}
FAILED = Result("tests/test_page_blob.py::TestPage::test_tier_premium", "failed", "E  409")


def test_an_error_decides_before_a_name() -> None:
    both = Result(FAILED.name, "failed", "E  400 UnsupportedHeader")
    assert reason(both, REASONS) == "need a header"
    assert reason(FAILED, REASONS) == "need a premium account"


def test_a_test_that_fails_otherwise_than_written_down_has_no_reason() -> None:
    assert reason(FAILED, REASONS)
    assert not reason(Result(FAILED.name, "failed", "E  500"), REASONS)
    assert not reason(Result("tests/test_page_blob.py::test_other", "failed", "E  409"), REASONS)


def test_a_test_may_fail_in_more_ways_than_one() -> None:
    sync, aio = (Result("tests/test_a.py::test_a_sas", "failed", each) for each in ("401", "403"))
    assert reason(sync, REASONS) == reason(aio, REASONS) == "need another SAS"


def test_a_skipped_test_has_a_reason_of_ours_before_its_own() -> None:
    skipped = Result("tests/test_live.py::test_x", "skipped", "Skipped: UnsupportedHeader")
    assert reason(skipped, REASONS) == "need a header"
    assert "by the tests themselves" in reason(skipped, {})


def test_a_failure_without_a_reason_is_shown_with_its_error() -> None:
    unknown = Result("tests/test_container.py::test_list", "failed", "E  500")
    passed = Result("tests/test_container.py::test_get", "passed", "")
    ended = [unknown, FAILED, passed]
    assert without_reason(ended, REASONS) == [unknown]
    assert "  tests/test_container.py::test_list  failed E  500" in lines(ended, REASONS)


def test_the_sum_counts_the_tests_that_pass() -> None:
    passed = Result("tests/test_container.py::test_get", "passed", "")
    assert [*lines([passed, FAILED], REASONS)][-1] == "\n1 of 2 live tests pass"


def test_the_sum_says_how_many_would_sign_in_by_a_key() -> None:
    by_token = {"by_token": {"test_message_*": "messages"}}
    ended = [Result(f"tests/test_a.py::{each}", "passed", "") for each in ("test_message_a", "x")]
    (line,) = lines(ended, by_token)
    assert line == "\n2 of 2 live tests pass, 1 of them by a token where they use a key"


@pytest.mark.parametrize("suite", SUITES)
def test_each_suite_has_a_file_of_reasons(suite: str) -> None:
    found = tomllib.loads((Path(__file__).parent / f"{suite}.toml").read_text("utf-8"))
    assert found.keys() <= {"errors", "tests", "by_token"}
    for named in found.get("tests", {}).values():
        assert named["reason"]
        assert all(named["error"])
