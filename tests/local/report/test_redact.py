"""The second line: nothing that looks like an id, a name, an address or a secret gets through."""

import pytest

from local.report.page import rendered
from local.report.redact import REMOVED, redact, values_in
from sandbox.assumptions import QUESTIONS
from tests.local.report import world
from tests.local.report.test_page import report
from tests.local.report.world import PLANTED, SECRETS

# Each kind alone, as it may stand in a text.
KINDS = [
    world.SUBSCRIPTION,
    world.SUBSCRIPTION.upper(),
    world.SUBSCRIPTION.replace("-", ""),
    f"/subscriptions/{world.SUBSCRIPTION}/resourceGroups/{world.GROUP}",
    world.PERSON_S_ADDRESS,
    f"https://{world.DOMAIN}/photos?x=y",
    f"{world.ACCOUNT}.blob.core.windows.net",
    f"{world.REGISTRY}.azurecr.io/gateway:azd-deploy-1",
    world.DOMAIN,
    world.ADDRESS,
    f"{world.ADDRESS}/32",
    world.ADDRESS_6,
    world.JWT,
    world.KEY,
    world.SAS,
    world.CONNECTION,
    "=".join(("InstrumentationKey", world.PERSON)),
    "_".join(("whsec", world.KEY)),
]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_taken_out(kind: str) -> None:
    text, removed = redact(f"before {kind} after", [])
    assert removed
    assert REMOVED in text
    assert not any(each.lower() in text.lower() for each in PLANTED), text
    assert text.startswith("before ")
    assert text.endswith(" after")


def test_what_the_environment_is_called_is_taken_out_wherever_it_stands() -> None:
    named = {
        "AZURE_ENV_NAME": world.ENVIRONMENT,
        "AZURE_STORAGE_BLOB_ENDPOINT": f"https://{world.ACCOUNT}.blob.core.windows.net/",
        "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE": f"{world.NAMESPACE}.servicebus.windows.net",
        "GATEWAY_SETTINGS": '[{"name": "X", "value": "a-value-of-mine"}]',
    }
    text = f"{world.ENVIRONMENT} {world.ACCOUNT.upper()} {world.NAMESPACE} A-Value-Of-Mine"
    assert redact(text, values_in(named))[0] == " ".join([REMOVED] * 4)


def test_our_own_words_stay_though_an_environment_has_them_too() -> None:
    named = {"STORAGE_ORIGINALS_CONTAINER": "originals", "SERVICEBUS_QUEUE_NAME": "photo-uploads"}
    text = "read on originals, photo-uploads"
    assert redact(text, values_in(named)) == (text, 0)


def test_the_known_answers_stay() -> None:
    told = ((each.name, answer) for each in QUESTIONS for answer in each.answers)
    text = "\n".join(f"{name} {answer}\n{name}={answer}" for name, answer in told)
    assert redact(text, []) == (text, 0)


def test_nothing_is_left_of_all_together() -> None:
    text, _ = redact(SECRETS, [world.GROUP, world.VAULT])
    assert not any(each in text for each in PLANTED), text


@pytest.mark.parametrize("name", ["keyless", "answers", "Deployments", "placeholder", "report"])
def test_an_environment_named_like_a_word_of_the_page_does_not_break_it(name: str) -> None:
    page = rendered(report())
    assert redact(page, [name]) == (page, 0)
