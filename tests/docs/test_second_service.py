"""docs/second-service.md leads to two services, of which each holds its own rights and no more."""

import json
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.servicebus import ServiceBusMessage

from sandbox.deployment import load
from sandbox.deployment.builtin_roles import built_in_roles, other_built_in_roles
from sandbox.deployment.given_snapshot import given_snapshot
from sandbox.state import PROJECT, State
from tests.containers.images import BASE
from tests.docs.test_patterns import imported
from tests.docs.tutorials import check, free_port, steps, typed
from tests.infra.bicep import needs_bicep

PAGE = (PROJECT / "docs" / "second-service.md").read_text()
FOLDER = PROJECT / "examples" / "second-service"
SNAPSHOT = FOLDER / "sandbox.snapshot.json"
DOCKERFILE = (FOLDER / "Dockerfile").read_text()
LOCK = (PROJECT / "requirements" / "services.txt").read_text()
MESSAGE = ServiceBusMessage("today", message_id="1")
COPIES = ("simple_worker.py", "vault.py")

# The last block, for Azure, does not run here.
*RUN, REHEARSAL, _ = steps(PAGE)


@pytest.mark.timeout(300)  # it starts a sandbox, three programs and a dozen commands
def test_the_commands_of_the_page_send_rotate_and_are_refused_as_it_shows(tmp_path: Path) -> None:
    ports = {"8000": free_port(), "8001": free_port()}
    given = tmp_path / SNAPSHOT.name
    given.write_text(SNAPSHOT.read_text().replace(":8001", f":{ports['8001']}"))
    instead = {str(SNAPSHOT.relative_to(PROJECT)): str(given), **ports}
    check(RUN, typed(RUN, tmp_path, instead))


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_message_whose_webhook_fails_goes_back_to_the_queue(
    notifier: Any, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(notifier, "post", answering(204))
    notifier.handle(MESSAGE)
    monkeypatch.setattr(notifier, "post", answering(status))
    with pytest.raises(RuntimeError, match=f"the partner answered {status}"):
        notifier.handle(MESSAGE)


def test_a_key_that_the_partner_refuses_twice_is_read_once_more_and_no_more(
    notifier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "post", answering(401))
    with pytest.raises(RuntimeError, match="the partner answered 401"):
        notifier.handle(MESSAGE)
    assert notifier.webhook_key.read == ["get", "refresh"]


@needs_bicep
def test_azure_would_refuse_nothing_of_its_deployment(tmp_path: Path) -> None:
    check([REHEARSAL], typed([REHEARSAL], tmp_path, {}))


@needs_bicep
def test_the_snapshot_is_that_of_its_bicep(tmp_path: Path) -> None:
    made = given_snapshot(State.open(tmp_path), FOLDER / "sandbox.bicepparam")
    assert json.loads(made.read_text()) == json.loads(SNAPSHOT.read_text())


@pytest.mark.parametrize("name", COPIES)
def test_a_copied_pattern_is_the_file_of_the_sample(name: str) -> None:
    assert (FOLDER / name).read_text() == (PROJECT / "services" / "common" / name).read_text()


def test_the_image_has_the_base_and_the_pinned_packages_of_the_sample() -> None:
    pinned = re.findall(r"[\w-]+==[\d.]+", DOCKERFILE)
    assert DOCKERFILE.startswith(f"FROM {BASE}\n")
    assert [each for each in pinned if f"{each} " not in LOCK] == []


def test_the_image_has_the_files_and_packages_of_its_programs_and_no_others() -> None:
    (copied,) = re.findall(r"^COPY (.+) \./$", DOCKERFILE, re.MULTILINE)
    packages = {each for name in copied.split() for each in imported(FOLDER / name)}
    pinned = re.findall(r"([\w-]+)==", DOCKERFILE)
    assert sorted(pinned) == sorted({*packages, "gunicorn"})  # the image's command
    started = {"notes.py", "notifier.py"}
    assert set(copied.split()) == started | {*COPIES}
    assert all(name in (FOLDER / "notifier.py").read_text() for name in ("simple_worker", "vault"))


def test_the_table_of_the_page_has_every_role_and_no_other(tmp_path: Path) -> None:
    deployment = load(State.open(tmp_path), SNAPSHOT, is_own=False)
    roles = {
        each.id.rpartition("/")[2]: each.name
        for each in (*built_in_roles(), *other_built_in_roles())
    }
    found = [
        (
            deployment.names[each.principal_id],
            each.scope.rpartition("/")[2],
            roles[each.role_definition_id.rpartition("/")[2]],
        )
        for each in deployment.assignments
    ]
    assert sorted(found) == sorted(shown())


class Key:
    """The key of the notifier; `read` has the calls."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def get(self) -> str:
        self.read.append("get")
        return "old"

    def refresh(self, refused: str) -> str:
        assert refused == "old"
        self.read.append("refresh")
        return "new"


@pytest.fixture
def notifier(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module of the second service, with a key that is in no vault."""
    for name in ("AZURE_TOKEN_CREDENTIALS", "AZURE_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VAULT_ENDPOINT", "https://kv-notes.vault.azure.net/")
    monkeypatch.syspath_prepend(str(FOLDER))
    module = import_module("notifier")
    monkeypatch.setattr(module, "webhook_key", Key())
    return module


def answering(status: int) -> Callable[..., requests.Response]:
    """Return a `post` that the partner always answers with this status."""
    answer = requests.Response()
    answer.status_code = status
    return lambda *_: answer


def shown() -> Iterator[tuple[str, str, str]]:
    """Yield principal, scope and role of each cell of the page's table of roles."""
    (table,) = re.findall(r"^\| \|( container `notes` .*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)
    scopes = re.findall(r"`([\w-]+)`", table.splitlines()[0])
    for row in table.splitlines()[2:]:
        who, *cells = (each.strip() for each in row.strip("|").split("|"))
        for scope, role in zip(scopes, cells, strict=True):
            if role.isascii():  # a dash is none
                yield who.partition(",")[0], scope, role
