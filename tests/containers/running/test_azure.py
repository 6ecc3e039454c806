"""The profile `azure`, run: a sandbox stands for Azure, its sign-in by device code for Entra's."""

import re
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.audit import FILE, Outcome, Record, read
from sandbox.state import State
from sandbox.supervisor.remote_services import SERVICE_PORT
from tests.containers.azd_values import as_azd_gives
from tests.containers.compose import (
    SANDBOX_AS_AZURE,
    SERVICES,
    compose,
    overridden,
    services,
)
from tests.containers.engine import Engine, wait_until
from tests.containers.images import Builder
from tests.containers.networks import Networks
from tests.containers.photos import send_a_photo

pytestmark = pytest.mark.timeout(900)

_CODE = re.compile(r"enter the code (\S+)")
_TOKEN = """
import os, sys, urllib.request as web
query = f"?api-version=2019-08-01&resource={sys.argv[1]}"
header = {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]}
print(web.urlopen(web.Request(os.environ["IDENTITY_ENDPOINT"] + query, headers=header)).status)
"""


@pytest.fixture(scope="module")
def engine(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """`docker compose --profile azure up azure-gateway`, and a user at the sign-in."""
    work = tmp_path_factory.mktemp("azure")
    values = as_azd_gives(State.open(tmp_path_factory.mktemp("values")))
    wanted = services("azure", values) | {"sandbox": services()["sandbox"]}
    found = overridden(wanted, SANDBOX_AS_AZURE)
    members = {name: each["networks"] for name, each in found.items()}
    with Networks(compose()["networks"], members).up() as networks:
        made = Engine(work, builder, networks, found)
        waiting = [made, work / "azure-identity.log"]
        threading.Thread(target=sign_in, args=waiting, daemon=True).start()
        with made.up():
            yield made


def sign_in(engine: Engine, log: Path) -> None:
    """Read the code in the endpoint's log, and enter it."""
    until, code = time.monotonic() + 600, None
    while code is None and time.monotonic() < until:
        time.sleep(0.1)
        code = _CODE.search(log.read_text()) if log.exists() else None
    if code is not None:
        keyless = ["python", "-m", "cli", "sign-in", code[1], "--as", "developer"]
        engine.containers["sandbox"].run(*keyless)


def audit(engine: Engine) -> list[Record]:
    """Return the requests that Azure would have on record."""
    return list(read(engine.volume("sandbox-state") / FILE))


def test_a_photo_goes_through_all_four_as_the_developers(engine: Engine, tmp_path: Path) -> None:
    gallery = f"http://{engine.networks.address('azure-gateway', 'azure-gateway')}:{SERVICE_PORT}"
    assert send_a_photo(engine, gallery, tmp_path)["state"] == "processed"
    served = [each for each in audit(engine) if each.outcome is Outcome.ALLOWED]
    assert {each.identity for each in served} == {"developer", "operator"}
    assert {each.service for each in served if each.identity == "developer"} >= {"blob", "bus"}


@pytest.mark.parametrize(
    ("name", "resource", "allowed"),
    [
        ("notifier", "https://vault.azure.net", True),
        ("thumbnailer", "https://vault.azure.net", False),
        ("gateway", "https://storage.azure.com", True),
        ("gateway", "https://management.azure.com", False),
    ],
)
def test_a_service_gets_the_developers_tokens_for_what_it_uses_alone(
    engine: Engine, name: str, resource: str, allowed: bool
) -> None:
    script = f'. /environments/{name}/surroundings; exec python -c "$0" {resource}'
    answer = engine.containers[f"azure-{name}"].run("sh", "-ec", script, _TOKEN)
    assert ("200" in answer.stdout) == allowed, answer.stderr
    assert allowed or "HTTP Error 400" in answer.stderr


def test_the_sign_in_is_in_one_place_and_for_its_owner_alone(engine: Engine) -> None:
    kept = [each for each in engine.volume("azure-sign-in").rglob("*") if each.is_file()]
    assert {"record.json", "identities.json"} <= {each.name for each in kept}
    assert {stat.S_IMODE(each.stat().st_mode) & 0o077 for each in kept} == {0}
    for service in SERVICES:
        seen = engine.containers[f"azure-{service}"].run("ls", "/sign-in", "/app/local")
        assert seen.stdout == ""


def test_nothing_in_front_of_the_code_reads_as_an_error(engine: Engine) -> None:
    before, code, _ = engine.containers["azure-identity"].log.read_text().partition("To sign in,")
    assert code
    assert "Interactive authentication is required" not in before


def test_whoever_has_signed_in_is_not_asked_again(engine: Engine) -> None:
    endpoint = engine.containers["azure-identity"]
    asked = len(_CODE.findall(endpoint.log.read_text()))
    engine.restart("azure-identity")
    wait_until(engine.containers["azure-identity"], "healthy")
    assert asked == len(_CODE.findall(endpoint.log.read_text())) == 1
