"""The values that azd keeps from one deployment for the next."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.infra.bicep import FOLDER, committed, expand, needs_bicep, parameters, rights

ANSWERS = {
    "AZURE_ENV_NAME": "dev",
    "AZURE_LOCATION": "westeurope",
    "GATEWAY_ADDRESSES": "203.0.113.7/32,198.51.100.0/24",
    "PARTNER_WEBHOOK_URL": "https://partner.example.com/webhooks",
    "CATALOG_AUDIENCE": "none",
    "CUSTOM_ROLE_DEPOSITOR": "a",
    "CUSTOM_ROLE_KEEPER": "b",
    "CUSTOM_ROLE_KEY_SETTER": "c",
}
DEPLOYMENT = ("--tenant-id", "7e4a4700-0000-4000-8000-000000000000", "--deployment-name", "sandbox")
DATA_OWNER = "090c5cfd-751d-490a-894a-3ce6f1109419"
SOMEBODY = "0be4a704-0000-4000-8000-000000000002"

each_file = pytest.mark.parametrize("file", ["main.bicepparam", "workshop.bicepparam"])


@needs_bicep
@each_file
@pytest.mark.parametrize(
    ("kept", "meant"),
    [(None, "deployer"), (SOMEBODY, SOMEBODY), ("none", "none"), ("", "none")],
    ids=["at first", "a user", "nobody", "nobody, as the output says it"],
)
def test_the_operator_stays_who_it_was(file: str, kept: str | None, meant: str) -> None:
    given = {} if kept is None else {"OPERATOR_PRINCIPAL_ID": kept}
    assert parameters(file, **ANSWERS, **given)["operatorPrincipalId"] == meant


@needs_bicep
@each_file
def test_an_image_is_what_azd_pushed_and_none_at_first(file: str) -> None:
    assert parameters(file, **ANSWERS)["gatewayImage"] == ""
    pushed = parameters(file, **ANSWERS, SERVICE_GATEWAY_IMAGE_NAME="cr/gateway:azd-deploy-7")
    assert pushed["gatewayImage"] == "cr/gateway:azd-deploy-7"


@needs_bicep
@each_file
def test_an_app_that_runs_the_placeholder_is_no_image(file: str) -> None:
    # azd sets this as soon as the app exists.
    given = parameters(file, **ANSWERS, SERVICE_GATEWAY_RESOURCE_EXISTS="true")
    assert given["gatewayImage"] == ""


@needs_bicep
@each_file
@pytest.mark.parametrize(
    ("kept", "meant"), [(None, "subscriptions"), ("", "subscriptions"), ("topic", "topic")]
)
def test_the_scaler_has_its_role_on_subscriptions_alone_unless_more_is_asked(
    file: str, kept: str | None, meant: str
) -> None:
    given = {} if kept is None else {"SCALER_SCOPE": kept}
    assert parameters(file, **ANSWERS, **given)["scalerScope"] == meant


@needs_bicep
def test_a_scaler_that_takes_more_gets_one_right_more(tmp_path: Path) -> None:
    answers = (FOLDER / "sandbox.bicepparam").read_text()
    found = expand(f"{answers}param scalerScope = 'topic'\n", tmp_path, *DEPLOYMENT)
    more = Counter(rights(found)) - Counter(rights(committed()))
    assert [(each.role, each.on) for each in more.elements()] == [(DATA_OWNER, "photo-events")]
    assert not Counter(rights(committed())) - Counter(rights(found))


@each_file
def test_what_is_read_and_handed_out_under_one_name_takes_its_own_output(file: str) -> None:
    entry = (FOLDER / file.replace(".bicepparam", ".bicep")).read_text()
    outputs = set(re.findall(r"^output (\w+)", entry, re.MULTILINE))
    read = set(re.findall(r"readEnvironmentVariable\('(\w+)'", (FOLDER / file).read_text()))
    # Each of these has been thought about: the ids and the audience are put out as they came in.
    assert outputs & read == {"OPERATOR_PRINCIPAL_ID", "DEVELOPER_PRINCIPAL_ID", "CATALOG_AUDIENCE"}


@needs_bicep
def test_without_apps_an_output_is_empty_and_never_null(tmp_path: Path) -> None:
    # azd would keep a null as the text <nil>, and the next command would take it for an address.
    answers = (FOLDER / "sandbox.bicepparam").read_text()
    found = expand(answers.replace("apps = true", "apps = false"), tmp_path, *DEPLOYMENT)
    assert found["outputs"]["GATEWAY_URL"] == ""
    assert found["outputs"]["AZURE_CONTAINER_REGISTRY_ENDPOINT"] == ""
    assert None not in found["outputs"].values()
    assert committed()["outputs"]["GATEWAY_URL"] != ""
