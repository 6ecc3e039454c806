"""The saved queries name only existing things: tables and columns of Azure's, and words of ours.

Their syntax and types were checked with Microsoft's own language service (npm:
@kusto/language-service-next 12.4.1), against the columns of learn.microsoft.com's table reference.
"""

import os
import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from cli.sample import PIPELINE
from sandbox.deployment import load
from sandbox.state import State
from sandbox.telemetry import FILE, Item, everything
from tests.conftest import Running
from tests.e2e.test_pipeline import eventually, photo
from tests.e2e.test_telemetry import trace
from tests.infra.bicep import FOLDER, PROGRAM, committed, needs_bicep, of_type
from tests.infra.queries import (
    CUSTOM_TABLE,
    CUSTOM_TEXT,
    OF_THE_PLATFORM,
    QUERIES,
    TABLES,
    saved,
    taken_apart,
)

# The names of the columns in the sandbox's items; those of a log line are the platform's.
COLUMNS = {
    "TimeGenerated": "time",
    "OperationId": "operation",
    "AppRoleName": "role",
    "Name": "name",
    "Success": "success",
    "ResultCode": "code",
    "Target": "target",
    "Properties": "properties",
}
COLUMNS_OF_THE_PLATFORM = {"ContainerAppName", "Log"}
KEYS = {"Line.message", "Line.operation", "Line.scope", "Line.trace_id"}

each_query = pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)


@each_query
def test_a_query_is_saved_as_it_stands_in_its_file_with_the_deployments_names(path: Path) -> None:
    text = saved()[path.stem]
    pattern = re.sub(r"\\{[a-z]+\\}", "[^{}]+", re.escape(path.read_text()))
    assert re.fullmatch(pattern, text)
    assert saved().keys() == {each.stem for each in QUERIES}


@needs_bicep
@pytest.mark.parametrize("name", ["gateway", "notifier"])
def test_a_query_of_a_service_that_is_not_deployed_does_not_compile(
    tmp_path: Path, name: str
) -> None:
    copy = shutil.copytree(FOLDER, tmp_path / "bicep")
    application = copy / "modules" / "application.bicep"
    whole = application.read_text()
    way = whole.partition("var photos way = {")[2].partition("}")[0]
    application.write_text(whole.replace(way, way.replace(f"'{name}'", "'nobody'")))
    command = [str(PROGRAM), "build", str(copy / "main.bicep"), "--stdout"]
    there = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    done = subprocess.run(command, env=there, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert re.search(r"application\.bicep\(\d+,\d+\) : Error .*nobody", done.stderr)


@each_query
def test_a_query_names_tables_and_columns_that_our_telemetry_fills(path: Path) -> None:
    query = taken_apart(path)
    assert query.tables
    assert query.tables <= TABLES
    assert query.columns <= COLUMNS.keys()
    assert query.keys <= KEYS
    assert set(COLUMNS.values()) <= {each.name for each in fields(Item)}


@each_query
def test_a_query_takes_either_form_of_the_platforms_table(path: Path) -> None:
    query = taken_apart(path)
    own = query.tables & OF_THE_PLATFORM
    assert query.tables >= {f"{each}{CUSTOM_TABLE}" for each in own}
    columns = COLUMNS_OF_THE_PLATFORM if own else set()
    assert query.either == columns | {f"{each}{CUSTOM_TEXT}" for each in columns}


def test_the_platform_keeps_the_log_that_a_query_reads_and_none_of_clients_addresses() -> None:
    settings = of_type(committed(), "Microsoft.Insights/diagnosticSettings")
    [kept] = [each["properties"] for each in settings if "/managedEnvironments/" in each["id"]]
    assert kept["logAnalyticsDestinationType"] == "Dedicated"
    categories = {each["category"] for each in kept["logs"] if each["enabled"]}
    assert categories >= OF_THE_PLATFORM
    assert categories == {"ContainerAppConsoleLogs", "ContainerAppSystemLogs"}


def test_waiting_services_are_found_by_the_services_real_log_texts(sandbox: Running) -> None:
    """Roles, names and codes in the queries are among those that came in for a photo."""
    _, items = trace(sandbox, photo())
    requests = [each for each in items if each.table == "AppRequests"]
    words = taken_apart(QUERIES[1]).words
    assert {"gateway", "thumbnailer", "catalog", "notifier"} <= words & {r.role for r in requests}
    assert {"POST /photos"} <= words & {each.name for each in requests}
    assert {"202"} <= words & {each.code for each in requests}
    handled = {each.role for each in requests if each.name.startswith("process ") and each.success}
    assert {"thumbnailer", "catalog", "notifier"} <= handled
    assert handled <= {each.name for each in sandbox.deployment.apps} - {"gateway"}


def test_failures_are_found_by_the_services_real_requests(sandbox: Running) -> None:
    """The services' token requests, proofs and dependencies, by the names in the query."""
    hosts = {".core.windows.net", ".vault.azure.net", ".azurecontainerapps.io"}
    words = taken_apart(QUERIES[0]).words
    assert hosts | {"/msi/token", "/readiness-probe", "ServiceBus."} <= words
    trace(sandbox, photo())

    def wanted(items: list[Item]) -> bool:
        asked = [each for each in items if each.table == "AppDependencies"]
        targets = " ".join(each.target.partition(":")[0] + " " for each in asked)
        return (
            all(f"{host} " in targets for host in hosts)
            and any(each.name.endswith("/msi/token") and each.code == "200" for each in asked)
            and any(each.name.endswith("/readiness-probe") for each in asked)
            and any(each.name.startswith("ServiceBus.") for each in asked)
        )

    eventually(lambda: everything(sandbox.state.path(FILE)), wanted, patience=90)


def test_a_photo_waits_for_the_services_that_it_has_to_pass(tmp_path: Path) -> None:
    services = {app.name for app in load(State.open(tmp_path)).apps}
    named = taken_apart(QUERIES[1]).words & (services | {"platform", "developer", "operator"})
    assert named == set(PIPELINE) <= services
