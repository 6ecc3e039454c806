"""The verb `fault`: it begins faults and ends them, at once or at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from sandbox.deployment import Deployment
from sandbox.faults import FaultError, Faults, fault
from sandbox.faults.effects import Answer
from sandbox.supervisor.faults import FaultControl, reports
from tests.sandbox.faults.clock import Clock
from tests.sandbox.keyvault.conftest import deployment

__all__ = ["deployment"]


@dataclass
class Port:
    """The port of the identity endpoint."""

    is_open: bool = True

    def refuse(self) -> None:
        self.is_open = False

    def accept_again(self) -> None:
        self.is_open = True


@dataclass
class Planes:
    """As much of the planes as the verb needs, without a namespace."""

    deployment: Deployment
    faults: Faults
    gate: None = None
    namespaces: dict[str, object] = field(default_factory=dict)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def port() -> Port:
    return Port()


@pytest.fixture
def control(deployment: Deployment, clock: Clock, port: Port) -> FaultControl:
    planes = Planes(deployment, Faults(clock))
    return FaultControl(cast(Any, planes), cast(Any, port))


def test_a_fault_begins_on_its_target_for_its_time(control: FaultControl) -> None:
    begun = control.handle({"begin": "storage-503", "on": "catalog", "seconds": 60})
    assert begun == {
        "fault": "storage-503",
        "on": "catalog",
        "begins": "1970-01-01T00:16:40Z",
        "ends": "1970-01-01T00:17:40Z",
    }
    catalog = control.planes.deployment.principal("catalog").principal_id
    faults = control.planes.faults
    assert faults.find("blob", Answer, principal=catalog)
    assert not faults.find("blob", Answer, principal="another")
    (report,) = reports(faults)
    assert (report.name, report.on, report.ends) == ("storage-503", "catalog", begun["ends"])


def test_faults_end_by_name_or_all_at_once(control: FaultControl) -> None:
    for name in ("storage-503", "vault-429", "bus-busy"):
        control.handle({"begin": name})
    assert control.handle({"end": "vault-429"}) == {"ended": ["vault-429"]}
    assert control.handle({"end": "vault-429"}) == {"ended": []}
    assert control.handle({"end": ""}) == {"ended": ["storage-503", "bus-busy"]}


def in_a_loop(work: Callable[[], None]) -> None:
    async def run() -> None:
        work()

    asyncio.run(run())


def test_an_incident_names_none_of_its_faults(control: FaultControl, clock: Clock) -> None:
    def work() -> None:
        answer = control.handle({"seed": "7", "count": 3})
        assert answer == {"incident": "7", "ends": "1970-01-01T00:18:12Z"}
        assert reports(control.planes.faults) == ()
        clock.now += 30
        assert [each.name for each in reports(control.planes.faults)] == ["incident 7"] * 2
        assert control.handle({"end": ""}) == {"ended": ["incident 7"]}

    in_a_loop(work)


def test_the_port_of_the_identity_endpoint_refuses_until_its_fault_ends(
    control: FaultControl, port: Port
) -> None:
    def work() -> None:
        control.handle({"begin": "identity-refused"})
        control.handle({"begin": "identity-refused"})
        assert not port.is_open
        control.handle({"end": "vault-429"})
        assert not port.is_open
        control.handle({"end": "identity-refused"})
        assert port.is_open

    in_a_loop(work)


def test_a_port_opens_by_itself_once_the_last_fault_has_ended(
    control: FaultControl, clock: Clock, port: Port
) -> None:
    def work() -> None:
        refused, faults = fault("identity-refused"), control.planes.faults
        first, second = (faults.begin(refused, each) for each in (5, 10))
        port.refuse()
        clock.now += 5
        control._accept_again(first)
        assert not port.is_open
        clock.now += 5
        control._accept_again(second)
        assert port.is_open

    work()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "no fault is called ''; choose from identity-slow, "),
        ({"begin": "sharks"}, "no fault is called 'sharks'; choose from "),
        ({"begin": "vault-429", "on": "nobody"}, "no service or identity is called 'nobody'"),
        ({"begin": "bus-gone", "on": "catalog"}, "bus-gone meets every caller alike"),
        ({"begin": "vault-429", "seconds": 1e9}, "takes 1s to 24h"),
        ({"end": "sharks"}, "no fault is called 'sharks'"),
        ({"seed": "7", "count": 0}, "an incident has 1 to 20 faults, not 0"),
        ({"seed": "7"}, "the count of an incident is a number, not None"),
        ({"begin": "vault-429", "seconds": "long"}, "a fault lasts a number of seconds"),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(
    control: FaultControl, body: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(FaultError, match=sentence):
        control.handle(body)
    assert control.planes.faults.planned() == ()
