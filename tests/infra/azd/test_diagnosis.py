"""A photo is not processed: which revision is it, and which right?"""

from typing import Any

import pytest

from infra.azd.apps import listed, look_at
from infra.azd.diagnosis import explain
from tests.infra.azd.conftest import StandIns
from tests.infra.azd.recorded import (
    GROUP,
    THUMBNAILER_ID,
    app,
    backlog,
    replica,
    revision,
)

NAME = "thumbnailer"
REVISION = f"{NAME}--0000002"
LOST = (
    '{"level": "WARNING", "message": "Not proved yet: read on container originals: 403", '
    '"operation": "read", "scope": "container originals"}'
)
READY = '{"level": "INFO", "message": "Ready"}'


def azure(
    stand_ins: StandIns, *, replicas: Any = (), log: str = "", found: Any = None, **revised: Any
) -> None:
    """An app as the control plane tells of it."""
    stand_ins.say("az containerapp list --resource-group", [found or worker()])
    stand_ins.say("az containerapp revision list", [revision(REVISION, **revised)])
    stand_ins.say("az containerapp replica list", list(replicas))
    stand_ins.say("az containerapp logs show", log)


def worker(**properties: Any) -> Any:
    found = app(NAME, **properties)
    found["properties"]["template"]["scale"]["rules"] = [backlog("photo-uploads")]
    return found


def said() -> list[tuple[str, str]]:
    seen = [look_at(each, GROUP) for each in listed(GROUP)]
    return [(each.sentence, each.command) for each in explain(seen, GROUP)]


def test_a_right_that_is_missing_is_named_with_its_revision_and_whose_it_is(
    stand_ins: StandIns,
) -> None:
    azure(stand_ins, replicas=[replica("r1", ready=False)], log=LOST)
    ((sentence, command),) = said()
    assert sentence.startswith(
        "thumbnailer--0000002 is not ready, it may not: read on container originals."
    )
    assert command == f"az role assignment list --all --assignee {THUMBNAILER_ID} --output table"


def test_an_app_that_is_ready_is_not_spoken_of(stand_ins: StandIns) -> None:
    azure(stand_ins, replicas=[replica("r1", ready=True)], log=f"{LOST}\n{READY}")
    assert said() == []


def test_the_log_of_each_replica_is_read(stand_ins: StandIns) -> None:
    azure(stand_ins, replicas=[replica("r1", ready=True), replica("r2", ready=False)], log=READY)
    stand_ins.say("az containerapp logs show", LOST, "r2")
    ((sentence, _),) = said()
    assert "read on container originals" in sentence


def test_a_placeholder_is_called_one(stand_ins: StandIns) -> None:
    image = "mcr.microsoft.com/k8se/quickstart:latest"
    azure(stand_ins, replicas=[replica("r1", ready=True)], found=worker(image=image))
    assert said() == [("thumbnailer runs the placeholder: it has no image yet.", "azd up")]


@pytest.mark.parametrize(
    ("revised", "sentence"),
    [
        ({"provisioningState": "Failed", "provisioningError": "ImagePullUnauthorized"},) * 1
        + ("thumbnailer--0000002 does not run: ImagePullUnauthorized.",),
        ({"provisioningState": "Failed"}, "does not run: its provisioning failed."),
        ({"runningState": "Failed"}, "does not run: it failed to run."),
    ],
)
def test_a_revision_that_does_not_run_says_why(
    stand_ins: StandIns, revised: Any, sentence: str
) -> None:
    azure(stand_ins, **revised)
    ((found, command),) = said()
    assert found.endswith(sentence)
    assert command.endswith("--type system")


def test_a_worker_that_sleeps_while_messages_wait_points_at_the_scaler(
    stand_ins: StandIns,
) -> None:
    azure(stand_ins)
    ((sentence, command),) = said()
    assert "no replica: if messages wait in queue photo-uploads" in sentence
    assert command.endswith("--type system")


def test_one_that_is_not_ready_and_does_not_say_why_leads_to_its_log(stand_ins: StandIns) -> None:
    azure(stand_ins, replicas=[replica("r1", ready=False)], log="Traceback")
    ((sentence, command),) = said()
    assert "its log names no right that is missing" in sentence
    assert command.endswith(
        "logs show --name thumbnailer --resource-group rg-keyless-dev --tail 100"
    )


def test_a_log_that_cannot_be_read_stops_nothing(stand_ins: StandIns) -> None:
    azure(stand_ins, replicas=[replica("r1", ready=False)])
    stand_ins.refuse("az containerapp logs show", "Got bad status from the logstream API: 404")
    assert len(said()) == 1


def test_an_app_of_somebody_elses_in_the_group_is_left_alone(stand_ins: StandIns) -> None:
    azure(stand_ins, found={**worker(), "tags": None})
    assert listed(GROUP) == []


def test_the_identity_that_code_acts_as_is_told_from_the_platforms() -> None:
    from infra.azd.apps import App

    assert App.from_json(app(NAME)).principal == THUMBNAILER_ID
    system = app("notifier")
    system["identity"]["principalId"] = "of-the-app-itself"
    assert App.from_json(system).principal == "of-the-app-itself"
