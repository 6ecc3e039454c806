"""Only known words leave, whatever Azure writes."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.report import safe_text
from local.report.vocabulary import CODES, VOCABULARY
from tests.local.report.world import PLANTED, SECRETS

ANYTHING = st.text(alphabet=st.characters(codec="utf-8"), max_size=300)
KNOWN = st.sampled_from(sorted([*VOCABULARY, *CODES, *safe_text.names(), *safe_text.kinds()]))


@given(st.lists(st.one_of(ANYTHING, KNOWN), max_size=20))
def test_a_message_keeps_no_word_that_is_not_known(parts: list[str]) -> None:
    message = safe_text.message(" ".join(parts))
    for each in message.split():
        word = each.strip(string.punctuation.replace("$", "")) if each != safe_text.LEFT_OUT else ""
        assert (
            not word
            or word.lower() in VOCABULARY
            or word in CODES | safe_text.names() | safe_text.kinds()
            or word.rpartition("/")[0] in safe_text.kinds()
            or re.fullmatch(r"\d{1,3}(/\d{1,3})?", word, re.ASCII)
        )


def test_a_message_loses_every_kind_of_secret() -> None:
    message = safe_text.message(f"Failed to pull{SECRETS} image '{SECRETS}' 401.")
    assert not any(each in message for each in PLANTED)
    assert message.startswith("Failed to pull …")


def test_a_message_keeps_no_mark_of_markdown_or_html() -> None:
    message = safe_text.message("a `failed` | <b>failed</b> [failed](x) *failed* failed")
    assert message == "a … failed"


def test_a_message_is_as_long_as_a_message() -> None:
    assert len(safe_text.message("failed " * 10_000).split()) <= 80


@pytest.mark.parametrize(
    "find", [safe_text.code, safe_text.state, safe_text.reason, safe_text.kind, safe_text.name]
)
@given(text=ANYTHING)
def test_nothing_else_gives_a_word_of_its_own(find: object, text: str) -> None:
    assert callable(find)
    assert find(text) == find("no such word") or text.lower() == str(find(text)).lower()


def test_words_are_written_as_the_documentation_writes_them() -> None:
    assert safe_text.state("SUCCEEDED") == "Succeeded"
    assert safe_text.kind("microsoft.app/containerapps") == "Microsoft.App/containerApps"
    assert safe_text.state(None) == ""


@pytest.mark.parametrize("text", ["203.0.113.7", "2.77", "2.77.0-jane", "1.2.3.4", ""])
def test_a_version_has_three_numbers(text: str) -> None:
    assert safe_text.version(text) == "not known"
    assert safe_text.version("2.77.0") == "2.77.0"


def test_names_are_those_that_each_environment_has() -> None:
    assert {"originals", "photo-uploads", "webhook-signing-key", "gateway"} <= safe_text.names()
    assert not any("keyless-" in each for each in safe_text.names())
