"""Who of the policy is there."""

from typing import Any

import requests

from local.principals import principals
from tests.local.arm import resource_manager
from tests.local.deployed import APPS, IDENTITIES, THERE


def there(
    session: requests.Session, identities: dict[str, str], apps: list[Any], **users: str
) -> dict[str, str]:
    named = [{"name": k, "properties": {"principalId": v}} for k, v in identities.items()]
    arm = resource_manager(session, {IDENTITIES: {"value": named}, APPS: {"value": apps}})
    return principals(arm, THERE, users)


def test_they_are_found_by_the_resources_that_they_belong_to(session: requests.Session) -> None:
    notifier = {"name": "notifier", "identity": {"principalId": "P2"}}
    gateway = {"name": "gateway", "identity": {"type": "UserAssigned"}}
    found = there(
        session, {"id-gateway-dev": "P1"}, [notifier, gateway], developer="D1", operator=""
    )
    assert found == {"gateway": "p1", "notifier": "p2", "developer": "d1"}


def test_an_identity_that_is_called_alike_is_another(session: requests.Session) -> None:
    assert there(session, {"my-gateway-dev": "P1", "id-gateway-other": "P2"}, []) == {}


def test_an_app_that_has_two_identities_acts_as_its_own(session: requests.Session) -> None:
    also = {"name": "gateway", "identity": {"principalId": "P2"}}
    assert there(session, {"id-gateway-dev": "P1"}, [also]) == {"gateway": "p1"}
