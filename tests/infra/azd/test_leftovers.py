"""The hook that removes the rights that left the Bicep: its questions to Azure, and its acts."""

import pytest

from infra.azd.leftovers import remove_leftovers
from infra.azd.tools import Stop
from tests.infra.azd.conftest import StandIns
from tests.infra.azd.recorded import (
    GATEWAY_ID,
    GROUP,
    ORIGINALS,
    READER,
    SENDER,
    SUBSCRIPTION,
    THUMBNAILS,
    UPLOADS,
    assignment,
    deployment,
    page,
)

KEPT = assignment(THUMBNAILS, GATEWAY_ID, READER)
LEFT = assignment(ORIGINALS, GATEWAY_ID, READER, why="The row that was cut.")
BY_HAND = assignment(UPLOADS, GATEWAY_ID, SENDER, name="6e0b3b0e-37a7-4d5b-9f6f-0d9a4c1c7d11")
DELETE = "az role assignment delete"


def deployed(stand_ins: StandIns, *ids: str) -> None:
    """The newest deployment of the environment dev; others are older, or of no environment."""
    listed = [
        deployment("dev-9", "2026-11-01T08:00:00Z", state="Failed"),
        deployment("dev-2", "2026-11-02T08:00:00Z"),
        deployment("prod-9", "2026-11-09T08:00:00Z", environment="prod"),
    ]
    stand_ins.say("az deployment group list", [deployment("access", "2026-11-02T08:00:00Z", None)])
    stand_ins.say("az deployment sub list", listed)
    stand_ins.say("az deployment sub show --name dev-2", [UPLOADS, *ids])
    stand_ins.say(DELETE, "")


def there(stand_ins: StandIns, *found: object) -> None:
    stand_ins.say("az rest --method get", page(found))


def test_the_leftover_is_deleted_and_named_and_nothing_else(
    stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed(stand_ins, KEPT["id"])
    there(stand_ins, KEPT, LEFT, BY_HAND)
    remove_leftovers()
    assert [each[4:6] for each in stand_ins.asked(DELETE)] == [["--ids", LEFT["id"]]]
    printed = capsys.readouterr().out
    assert "removed:" in printed
    assert "The row that was cut." in printed
    assert "kept, not from this deployment" in printed


def test_while_its_row_is_there_it_is_not_deleted(stand_ins: StandIns) -> None:
    deployed(stand_ins, KEPT["id"], LEFT["id"])
    there(stand_ins, KEPT, LEFT, BY_HAND)
    remove_leftovers()
    assert stand_ins.asked(DELETE) == []


def test_a_list_takes_nothing_away(stand_ins: StandIns, capsys: pytest.CaptureFixture[str]) -> None:
    deployed(stand_ins, KEPT["id"])
    there(stand_ins, KEPT, LEFT)
    remove_leftovers(only_list=True)
    assert stand_ins.asked(DELETE) == []
    assert "left over:" in capsys.readouterr().out


def test_every_page_is_read_and_the_group_s_own_subscription_is_asked(stand_ins: StandIns) -> None:
    deployed(stand_ins, KEPT["id"])
    there(stand_ins, LEFT)
    first = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/"
    url = f"{first}Microsoft.Authorization/roleAssignments?api-version=2022-04-01"
    stand_ins.say("az rest --method get", page([KEPT], "https://next.example.com/page"), url)
    remove_leftovers()
    assert len(stand_ins.asked(DELETE)) == 1
    for each in stand_ins.asked("az"):
        assert each[each.index("--subscription") + 1] == SUBSCRIPTION


def test_one_that_is_listed_late_is_waited_for(stand_ins: StandIns) -> None:
    deployed(stand_ins, KEPT["id"])
    there(stand_ins, LEFT)
    remove_leftovers(pause=lambda _: there(stand_ins, KEPT, LEFT))
    assert len(stand_ins.asked(DELETE)) == 1


def test_where_it_stays_unclear_nothing_is_deleted(stand_ins: StandIns) -> None:
    deployed(stand_ins, KEPT["id"])
    there(stand_ins, LEFT)
    with pytest.raises(Stop, match=r"Nothing was removed.*does not list"):
        remove_leftovers(pause=lambda _: None)
    assert stand_ins.asked(DELETE) == []


def test_a_deployment_that_failed_says_nothing_of_what_is_meant(stand_ins: StandIns) -> None:
    deployed(stand_ins, KEPT["id"])
    there(stand_ins, KEPT, LEFT)
    stand_ins.say(
        "az deployment sub list", [deployment("dev-3", "2026-11-03T08:00:00Z", state="Failed")]
    )
    with pytest.raises(Stop, match="dev-3, is Failed"):
        remove_leftovers()
    assert stand_ins.asked(DELETE) == []


def test_a_workshop_is_asked_for_in_its_group_alone(stand_ins: StandIns) -> None:
    # An attendee may not read the subscription.
    stand_ins.refuse("az deployment sub", "AuthorizationFailed")
    stand_ins.say("az deployment group list", [deployment("dev-7", "2026-11-02T08:00:00Z")])
    stand_ins.say("az deployment group show --name dev-7", [KEPT["id"]])
    stand_ins.say(DELETE, "")
    there(stand_ins, KEPT, LEFT)
    remove_leftovers()
    assert len(stand_ins.asked(DELETE)) == 1


def test_a_deployment_that_azd_did_not_make_is_found_by_its_name(stand_ins: StandIns) -> None:
    stand_ins.say("az deployment group list", [])
    stand_ins.say("az deployment sub list", ["keyless", "other"])
    stand_ins.say("az deployment sub show --name keyless", [KEPT["id"]])
    stand_ins.say(DELETE, "")
    there(stand_ins, KEPT, LEFT)
    remove_leftovers("keyless")
    assert len(stand_ins.asked(DELETE)) == 1


def test_a_user_of_deployment_stacks_can_turn_the_hook_off(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLE_LEFTOVERS", "keep")
    remove_leftovers()
    assert stand_ins.asked("az") == []
    monkeypatch.setenv("ROLE_LEFTOVERS", "sweep")
    with pytest.raises(Stop, match="'sweep': it must be one of remove, list, keep"):
        remove_leftovers()


def test_what_azure_refuses_is_said(stand_ins: StandIns) -> None:
    deployed(stand_ins, KEPT["id"])
    there(stand_ins, KEPT, LEFT)
    stand_ins.refuse(DELETE, "(AuthorizationFailed) does not have authorization")
    with pytest.raises(Stop, match=r"az role assignment delete failed: \(AuthorizationFailed\)"):
        remove_leftovers()
