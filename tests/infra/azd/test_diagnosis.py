"""A photo is not processed: which revision is it, and which right?"""

import json
from typing import Any

import pytest

from infra.azd import rules
from infra.azd.apps import listed, look_at
from infra.azd.diagnosis import explain, explain_rules
from tests.infra.azd.conftest import StandIns
from tests.infra.azd.recorded import (
    GROUP,
    THUMBNAILER_ID,
    app,
    backlog,
    event,
    listener,
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
    stand_ins.say("az containerapp logs show", "", "--type", "system")


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
    ((sentence, command),) = said()
    assert sentence.startswith("thumbnailer runs the placeholder: it has no image yet.")
    assert "TasksOperationsNotAllowed" in sentence
    assert command == "azd up"


@pytest.mark.parametrize(
    ("revised", "sentence"),
    [
        (
            {"provisioningState": "Failed", "provisioningError": "ImagePullUnauthorized"},
            "its provisioning failed (Failed): ImagePullUnauthorized.",
        ),
        ({"provisioningState": "Failed"}, "its provisioning failed (Failed)."),
        ({"provisioningState": "Deprovisioning"}, "Azure is removing it (Deprovisioning)."),
        ({"provisioningState": "Deprovisioned"}, "Azure has removed it (Deprovisioned)."),
        ({"provisioningError": "No such secret"}, "does not run: No such secret."),
        ({"runningState": "Failed"}, "it failed to run (Failed)."),
        ({"runningState": "Degraded"}, "some of its replicas do not run (Degraded)."),
        ({"runningState": "Stopped"}, "it was stopped (Stopped)."),
        (
            {
                "runningState": "ActivationFailed",
                "runningStateDetails": "Deployment Progress Deadline Exceeded. 0/1 replicas ready.",
            },
            "no replica became ready in time (ActivationFailed): "
            "Deployment Progress Deadline Exceeded. 0/1 replicas ready.",
        ),
    ],
)
def test_a_revision_that_does_not_come_up_is_named_with_its_state_and_azures_words(
    stand_ins: StandIns, revised: Any, sentence: str
) -> None:
    azure(stand_ins, **revised)
    ((found, command),) = said()
    assert found.startswith("thumbnailer--0000002 does not run: ")
    assert found.endswith(sentence)
    assert command.endswith("--type system")


def test_one_that_does_not_come_up_is_named_with_what_it_waits_for(stand_ins: StandIns) -> None:
    azure(
        stand_ins, replicas=[replica("r", ready=False)], log=LOST, runningState="ActivationFailed"
    )
    ((sentence, _),) = said()
    assert "(ActivationFailed)" in sentence
    assert sentence.endswith("It waits for: read on container originals.")


@pytest.mark.parametrize(
    "state", ["Running", "RunningAtMaxScale", "ScaledToZero", "Activating", "Unknown", "New"]
)
def test_a_state_that_is_no_failure_is_none(stand_ins: StandIns, state: str) -> None:
    azure(stand_ins, replicas=[replica("r", ready=True)], log=READY, runningState=state)
    assert said() == []


def test_one_whose_probes_fail_is_not_ready_and_azures_states_are_quoted(
    stand_ins: StandIns,
) -> None:
    azure(stand_ins, replicas=[replica("r", ready=False)], healthState="Unhealthy")
    ((sentence, _),) = said()
    assert "is not ready (Provisioned, Running, Unhealthy)" in sentence


def test_a_revision_that_azure_does_not_list_is_none_that_runs(stand_ins: StandIns) -> None:
    azure(stand_ins, replicas=[replica("r", ready=True)])
    stand_ins.say("az containerapp revision list", [revision("thumbnailer--0000001")])
    ((sentence, _),) = said()
    assert sentence == "thumbnailer--0000002 does not run: Azure lists no such revision."


def unprobed() -> Any:
    """The notifier, which Azure does not ask for its readiness."""
    return listener(NAME)


def test_of_a_worker_without_a_probe_its_log_says_whether_it_is_ready(stand_ins: StandIns) -> None:
    azure(stand_ins, replicas=[replica("r", ready=True)], found=unprobed(), log=LOST)
    ((sentence, _),) = said()
    assert "is not ready, it may not: read on container originals." in sentence
    stand_ins.say("az containerapp logs show", f"{LOST}\n{READY}", "r")
    assert said() == []


def test_a_worker_that_has_said_nothing_yet_is_not_taken_for_ready(stand_ins: StandIns) -> None:
    azure(stand_ins, replicas=[replica("r", ready=True)], found=unprobed(), log="Starting")
    ((sentence, _),) = said()
    assert "is not ready" in sentence
    azure(stand_ins, replicas=[replica("r", ready=True)], log="Starting")  # one with a probe is
    assert said() == []


def test_a_worker_that_said_so_more_lines_ago_than_azure_gives_is_ready(
    stand_ins: StandIns,
) -> None:
    log = "\n".join(['{"message": "Told the partner"}'] * 300)
    azure(stand_ins, replicas=[replica("r", ready=True)], found=unprobed(), log=log)
    assert said() == []


KEYLESS = (
    '{"message": "Not proved yet: get on secret webhook-signing-key: (Forbidden) Operation get is '
    'not allowed on a disabled secret.", "operation": "get", "scope": "secret webhook-signing-key"}'
)


@pytest.mark.parametrize("state", ["Running", "ActivationFailed", "Degraded"])
def test_one_that_waits_for_the_signing_key_is_no_fault_of_the_deployment(
    stand_ins: StandIns, state: str
) -> None:
    replicas = [replica("r", ready=True)]
    azure(stand_ins, replicas=replicas, found=unprobed(), log=KEYLESS, runningState=state)
    (found,) = explain([look_at(each, GROUP) for each in listed(GROUP)], GROUP)
    assert "waits for the signing key, which the operator has not set" in found.sentence
    assert found.of_operator
    azure(stand_ins, replicas=replicas, found=unprobed(), log=f"{KEYLESS}\n{LOST}")
    (found,) = explain([look_at(each, GROUP) for each in listed(GROUP)], GROUP)
    assert "it may not" in found.sentence  # another right is missing, too
    assert not found.of_operator


def test_a_scaler_that_cannot_count_is_named_with_the_way_out(stand_ins: StandIns) -> None:
    azure(stand_ins, found=unprobed())
    failed = event("KEDAScalerFailed", "GET https://sb-dev/...: 401 Unauthorized", NAME)
    log = "\n".join(json.dumps(each) for each in (failed, event("KEDAScalersStarted", "", NAME)))
    stand_ins.say("az containerapp logs show", f"Connecting...\n{log}", "--type", "system")
    ((sentence, command),) = said()
    assert "has no replica. The scaler of thumbnailer could not count" in sentence
    assert "subscription thumbnailer (KEDAScalerFailed, 2026-11-29 21:41:33" in sentence
    assert "401 Unauthorized" in sentence
    assert "SCALER_SCOPE topic" in sentence
    assert command.endswith("--type system")


def test_of_a_queues_scaler_the_topic_is_no_way_out(stand_ins: StandIns) -> None:
    azure(stand_ins)
    failed = json.dumps(event("KEDAScalerFailed", "401", NAME))
    stand_ins.say("az containerapp logs show", failed, "--type", "system")
    ((sentence, _),) = said()
    assert "KEDAScalerFailed" in sentence
    assert "SCALER_SCOPE" not in sentence


def test_a_subscription_without_a_rule_is_named(stand_ins: StandIns) -> None:
    stand_ins.say_rules("catalog", "notifier")
    assert explain_rules(rules.listed(GROUP, "sb-dev")) == []
    stand_ins.say("az servicebus topic subscription rule list", [], "notifier")
    ((found),) = explain_rules(rules.listed(GROUP, "sb-dev"))
    assert found.sentence == (
        "Subscription notifier of topic photo-events has no rule, so it gets no message."
    )
    assert found.command == "azd provision --no-state"


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
    assert "its log names no missing right" in sentence
    assert command.endswith(
        "logs show --name thumbnailer --resource-group rg-keyless-dev --tail 100"
    )


def test_a_log_that_cannot_be_read_stops_nothing(stand_ins: StandIns) -> None:
    azure(stand_ins, replicas=[replica("r1", ready=False)])
    stand_ins.refuse("az containerapp logs show", "Got bad status from the logstream API: 404")
    assert len(said()) == 1


def test_a_foreign_app_in_the_group_is_left_alone(stand_ins: StandIns) -> None:
    azure(stand_ins, found={**worker(), "tags": None})
    assert listed(GROUP) == []


def test_the_codes_identity_is_distinguished_from_the_platforms() -> None:
    from infra.azd.apps import App

    assert App.from_json(app(NAME)).principal == THUMBNAILER_ID
    system = app("notifier")
    system["identity"]["principalId"] = "of-the-app-itself"
    assert App.from_json(system).principal == "of-the-app-itself"
