"""Before anything is made: the questions, the images that run, the catalog's registration."""

import sys
from pathlib import Path

import pytest

from infra.azd import registration
from infra.azd.__main__ import main
from infra.azd.images import keep_images
from infra.azd.required_settings import check_required_settings
from infra.azd.tools import Stop
from tests.infra.azd.conftest import StandIns
from tests.infra.azd.recorded import GROUP, app

APP_ID = "ca7a1060-0000-4000-8000-000000000003"
PLACEHOLDER = "mcr.microsoft.com/k8se/quickstart:latest"


def test_every_open_question_is_asked_at_once() -> None:
    with pytest.raises(Stop) as stopped:
        check_required_settings({"GATEWAY_ADDRESSES": " "})
    assert "azd env set GATEWAY_ADDRESSES" in str(stopped.value)
    assert "azd env set PARTNER_WEBHOOK_URL" in str(stopped.value)


def test_answers_are_taken() -> None:
    check_required_settings(
        {"GATEWAY_ADDRESSES": "any", "PARTNER_WEBHOOK_URL": "https://p.example.com/"}
    )


def test_from_another_machine_the_images_that_run_go_on(stand_ins: StandIns) -> None:
    stand_ins.say("az group exists", True)
    stand_ins.say(
        "az containerapp list", [app("gateway", "cr/gateway:7"), app("catalog", PLACEHOLDER)]
    )
    stand_ins.say("azd env set", "")
    keep_images()
    assert stand_ins.asked("azd") == [
        ["azd", "env", "set", "SERVICE_GATEWAY_IMAGE_NAME", "cr/gateway:7"]
    ]
    assert stand_ins.asked(f"az group exists --name {GROUP}") != []


def test_an_image_that_was_just_pushed_is_not_set_back(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE_GATEWAY_IMAGE_NAME", "cr/gateway:8")
    stand_ins.say("az group exists", True)
    stand_ins.say("az containerapp list", [app("gateway", "cr/gateway:7")])
    keep_images()
    assert stand_ins.asked("azd") == []


def test_in_a_new_environment_no_app_is_asked_for(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_RESOURCE_GROUP")
    stand_ins.say("az group exists", False)
    keep_images()
    assert stand_ins.asked("az containerapp") == []
    assert stand_ins.asked("az group exists --name rg-keyless-dev") != []


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in of register.py, which prints an id, or fails at the step in the file beside it."""
    program = tmp_path / "register.py"
    program.write_text(
        "import pathlib, sys\n"
        "here = pathlib.Path(__file__).parent\n"
        "with (here / 'steps').open('a') as file: file.write(sys.argv[1] + '\\n')\n"
        f"print('{APP_ID}')\n"
        "sys.exit((here / 'fails').exists())\n"
    )
    monkeypatch.setattr(registration, "REGISTER", program)
    return tmp_path


def steps(folder: Path) -> list[str]:
    log = folder / "steps"
    return log.read_text().split() if log.exists() else []


def test_the_catalogs_id_is_kept_for_the_deployment(stand_ins: StandIns, register: Path) -> None:
    stand_ins.say("azd env set", "")
    registration.register_application({})
    assert stand_ins.asked("azd") == [["azd", "env", "set", "CATALOG_AUDIENCE", APP_ID]]
    registration.register_application({"CATALOG_AUDIENCE": APP_ID})
    assert len(stand_ins.asked("azd")) == 1
    assert steps(register) == ["application", "application"]


def test_the_word_none_turns_the_registration_off(stand_ins: StandIns, register: Path) -> None:
    off = {"CATALOG_AUDIENCE": "none"}
    registration.register_application(off)
    registration.grant_app_role(off)
    registration.remove_registration(off)
    assert steps(register) == []


def test_a_user_who_may_not_register_gets_the_way_without(
    stand_ins: StandIns, register: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (register / "fails").touch()
    with pytest.raises(Stop, match="azd env set CATALOG_AUDIENCE none"):
        registration.register_application({})
    with pytest.raises(Stop, match="was not given its role"):
        registration.grant_app_role({"CATALOG_AUDIENCE": APP_ID})
    registration.remove_registration({})  # the group has gone already: nothing to stop
    assert "delete the catalog's registration by hand" in capsys.readouterr().out


def test_with_an_application_id_a_user_whom_graph_refuses_continues(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    denied = 'Forbidden({"error": {"code": "Authorization_RequestDenied", "message": "No."}})'
    stand_ins.refuse("az rest", f"ERROR: {denied}")
    monkeypatch.setenv("CATALOG_AUDIENCE", APP_ID)
    registration.register_application()
    registration.grant_app_role()
    assert stand_ins.asked("azd") == []
    assert capfd.readouterr().err.count("Microsoft Graph refuses you") == 2
    monkeypatch.setenv("CATALOG_AUDIENCE", "")
    with pytest.raises(Stop, match="could not be registered"):
        registration.register_application()


def test_the_real_step_is_where_it_is_looked_for() -> None:
    # With the word none it asks no question.
    import os
    import subprocess

    env = {**os.environ, "CATALOG_AUDIENCE": "none", "AZURE_ENV_NAME": "dev"}
    done = subprocess.run(
        [sys.executable, str(registration.REGISTER), "application"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_step_that_stops_says_one_sentence_and_gives_a_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PARTNER_WEBHOOK_URL", raising=False)
    assert main(["preprovision"]) == 1
    assert capsys.readouterr().err.startswith("keyless: Set these before the first deployment:")


def test_before_and_after_provisioning_the_steps_follow_each_other(stand_ins: StandIns) -> None:
    stand_ins.say("az group exists", False)
    assert main(["preprovision"]) == 0
    stand_ins.say("az deployment group list", [])
    stand_ins.say("az deployment sub list", [])
    assert main(["postprovision"]) == 1  # nothing was deployed: nothing can be judged


def test_without_the_azure_cli_it_says_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_ENV_NAME", "AZURE_RESOURCE_GROUP"):
        monkeypatch.setenv(name, "given")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["leftovers"]) == 1
    assert "'az' is not on the PATH; install the Azure CLI" in capsys.readouterr().err
