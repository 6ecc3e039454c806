"""A setting of an entity that Azure refuses is refused in a template, in Azure's words."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.deployment import SnapshotError, load
from sandbox.deployment.entity_limits import EntityLimitError, check_limits, parse_iso_duration
from sandbox.deployment.not_offered import NEVER
from sandbox.state import State
from tests.sandbox.deployment.conftest import Change

LOCK, TO_LIVE = "lockDuration", "defaultMessageTimeToLive"
WINDOW = "duplicateDetectionHistoryTimeWindow"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (LOCK, "PT5M1S", "The supplied lock time exceeds the allowed maximum of '5' minutes."),
        (LOCK, "PT0S", "The supplied lock time must be positive."),
        (LOCK, "-PT1M", "Parameter name: LockDuration\r\nActual value was -00:01:00."),
        (TO_LIVE, "PT0.5S", "The value supplied must be between 00:00:01 and 10675199."),
        (TO_LIVE, "-P1DT1H", "Actual value was -1.01:00:00."),
        (WINDOW, "PT19S", "The value supplied must be between 00:00:20 and 7.00:00:00."),
        (WINDOW, "P8D", "Parameter name: DuplicateDetectionHistoryTimeWindow"),
        (WINDOW, "-PT10M", "Actual value was -00:10:00."),
        ("maxDeliveryCount", 0, "The value for the MaxDeliveryCount property must be positive."),
    ],
)
def test_a_value_beyond_a_limit_is_refused(name: str, value: object, words: str) -> None:
    with pytest.raises(EntityLimitError) as refused:
        check_limits({name: value})
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [(LOCK, "PT5M"), (LOCK, "PT1S"), (TO_LIVE, "PT1S"), (TO_LIVE, NEVER), (WINDOW, "P7D")],
)
def test_a_value_at_a_limit_is_taken(name: str, value: object) -> None:
    check_limits({name: value})


def test_a_duration_of_months_is_refused() -> None:
    assert parse_iso_duration("PT1M") == timedelta(minutes=1)
    with pytest.raises(ValueError, match="months"):
        parse_iso_duration("P1M")


def test_a_template_with_a_negative_duration_is_refused_and_names_the_entity(
    changed: Callable[[Change], Path], state: State
) -> None:
    with pytest.raises(SnapshotError, match=r"Azure would refuse .*queues .*photo-uploads: "):
        load(state, changed(_with_a_negative_lock))


def _with_a_negative_lock(snapshot: dict[str, Any]) -> None:
    queues = (e for e in snapshot["predictedResources"] if e["name"].endswith("/photo-uploads"))
    next(queues)["properties"][LOCK] = "-PT1M"
