"""Seconds until a role worked: from Azure's time of the assignment and the service's own log."""

from importlib import import_module
from inspect import signature
from unittest.mock import MagicMock

import pytest

from local.report import proofs, roles
from local.report.apps import App
from local.report.control_plane import LONGEST_LOG, ControlPlane
from local.report.model import RoleTime
from local.report.proofs import Log
from local.report.safe_text import SafeText
from local.rights import Environment, rights_of
from sandbox.deployment import ContainerApp, as_compiled
from tests.conftest import Running
from tests.local.report import world
from tests.local.report.azure import AzureCli

GATEWAY = App(
    "gateway", SafeText("gateway"), frozenset({world.principal("gateway")}), False, "gateway--2", ()
)
ORIGINALS = f"{world.STORAGE}/blobServices/default/containers/originals"
DEPOSITOR, READER, SENDER = (
    ("Keyless Blob Depositor", "containers/originals"),
    ("Storage Blob Data Reader", "containers/thumbnails"),
    ("Azure Service Bus Data Sender", "queues/photo-uploads"),
)


def measured(log: Log, az: AzureCli, azure: ControlPlane) -> dict[tuple[str, str], RoleTime]:
    """The gateway's roles; that on originals was granted at 08:00:00."""
    of_gateway, of_another = world.principal("gateway"), world.principal("catalog")
    az.tell(
        {
            world.ASSIGNMENTS: world.page(
                world.assignment(of_gateway.upper(), ORIGINALS, "08:00:00"),
                world.assignment(of_another, ORIGINALS, "07:00:00"),
            )
        }
    )
    found = roles.role_times([GATEWAY], {"gateway": log}, roles.granted(azure))
    return {(each.role, each.on): each for each in found}


def test_a_role_that_was_refused_first_worked_between_two_attempts(
    az: AzureCli, azure: ControlPlane
) -> None:
    create, tags = ("create", "container originals"), ("tags", "container originals")
    send = ("send", "queue photo-uploads")
    log = proofs.read(
        [
            world.refused(*create, "08:00:10.000"),
            world.refused(*tags, "08:00:11.000"),
            world.refused(*send, "08:00:12.000"),
            world.refused(*tags, "08:00:20.000"),
            world.refused(*send, "08:00:21.000"),
            world.refused(*send, "08:00:35.000"),
            world.logged("08:01:05.000", "Ready"),
        ]
    )
    found = measured(log, az, azure)
    originals = found[DEPOSITOR]
    assert (originals.failures, originals.last_failure, originals.worked) == (3, 20, 35)
    assert (found[SENDER].proved, found[SENDER].worked) == (True, None)  # granted, who knows when
    assert found[SENDER].failures == 3


def test_a_role_that_worked_at_once_was_there_when_the_service_was_ready(
    az: AzureCli, azure: ControlPlane
) -> None:
    log = proofs.read([world.logged("08:00:07.400", "Ready")])
    originals = measured(log, az, azure)[DEPOSITOR]
    assert (originals.failures, originals.last_failure, originals.worked) == (0, None, 7)


def test_a_role_that_does_not_work_yet_has_no_time(az: AzureCli, azure: ControlPlane) -> None:
    log = proofs.read([world.refused("create", "container originals", "08:00:10.000")])
    originals = measured(log, az, azure)[DEPOSITOR]
    assert (originals.last_failure, originals.proved, originals.worked) == (10, False, None)


def test_a_secret_that_is_disabled_shows_that_the_role_worked() -> None:
    """The key is the operator's to set, and may take days: no role waits for that."""
    get = ("get", "secret webhook-signing-key")
    disabled = world.refused(*get, "08:00:20").replace(
        "403", "403 Operation get is not allowed on a disabled secret"
    )
    log = proofs.read([world.refused(*get, "08:00:10"), disabled, disabled])
    (in_vain,) = log.failures("secret webhook-signing-key")
    worked = log.worked("secret webhook-signing-key")
    assert worked is not None
    assert (worked - in_vain.at).total_seconds() == 10


def test_a_log_that_was_cut_off_measures_nothing() -> None:
    assert proofs.read([world.logged("08:00:07.400", "Ready")]).whole
    assert not proofs.read([world.logged("08:00:07.400", "x")] * LONGEST_LOG).whole


@pytest.mark.parametrize("line", ["", "{", "no JSON", '["a list"]', '{"message": 1}'])
def test_a_line_that_is_no_record_is_passed_over(line: str) -> None:
    assert proofs.read([line]) == Log((), None, (), whole=True)


@pytest.mark.parametrize("app", as_compiled().apps, ids=lambda app: str(app.name))
def test_each_right_of_the_policy_is_one_that_the_service_s_log_names(app: ContainerApp) -> None:
    service = import_module(f"services.{app.name}.app")
    settings = import_module(f"services.{app.name}.settings").Settings(app.environment)
    others = [MagicMock() for _ in list(signature(service.proofs).parameters)[1:]]
    proved = service.proofs(settings, *others)
    log = proofs.read([world.refused(each.operation, each.scope, "08:00:10") for each in proved])
    compiled = as_compiled()
    rights = rights_of(compiled, Environment.of_snapshot(compiled), app.name)
    assert rights
    assert [each for each in rights if not log.failures(roles.as_logged(each.scope))] == []


def test_a_real_service_s_log_says_when_it_was_ready(sandbox: Running) -> None:
    log = proofs.read((sandbox.state.path("logs") / "gateway.log").read_text().splitlines())
    assert log.ready
