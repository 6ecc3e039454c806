"""The sandbox is a package of its own: its dependencies are those it names, and it runs alone."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from sandbox.state import PROJECT

PACKAGE = PROJECT / "sandbox"
MODULES = "storage/azurite/node_modules"
# Every endpoint, and one request to each of two identities' rights, by tokens of their own.
ALONE = """
import asyncio, sys
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from sandbox.state import State
from sandbox.supervisor.options import Options
from sandbox.supervisor.start import start

AUDIENCE = {"resource": "https://storage.azure.com/", "api-version": "2019-08-01"}

async def statuses(state):
    found = {}
    async with AsyncExitStack() as stack:
        endpoints = await start(stack, state, Options(gallery_port=0))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        deployment = endpoints.planes.deployment
        url = f"https://{deployment.storage.host}/originals"
        for app in ("thumbnailer", "notifier"):
            header = {"X-IDENTITY-HEADER": endpoints.planes.headers[app]}
            place = endpoints.environment.identity_endpoint
            client = deployment.app(app).environment.get("AZURE_CLIENT_ID")
            wanted = AUDIENCE | ({"client_id": client} if client else {})
            async with session.get(place, params=wanted, headers=header) as answer:
                token = (await answer.json())["access_token"]
            headers = {"Authorization": f"Bearer {token}", "x-ms-version": "2021-12-02"}
            asked = {"restype": "container", "comp": "list"}
            way = {"proxy": endpoints.proxy, "ssl": False}
            async with session.get(url, params=asked, headers=headers, **way) as answer:
                found[app] = answer.status
    return found

print(asyncio.run(statuses(State.open(Path(sys.argv[1])))))
"""


def test_it_names_what_it_imports_and_nothing_else() -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    # Azurite's Node is found, and not imported.
    declared = [*project["dependencies"], *project["optional-dependencies"]["pytest"]]
    ours = sys.stdlib_module_names | {"sandbox"}
    distributions = packages_distributions()
    imported = {_normal(distributions[each][0]) for each in _imported() - ours}
    assert imported == {_normal(each) for each in declared}


def test_its_licence_is_the_projects() -> None:
    assert (PACKAGE / "LICENSE").read_text() == (PROJECT / "LICENSE").read_text()


def test_it_runs_beside_nothing_but_a_deployment(tmp_path: Path) -> None:
    left_out = shutil.ignore_patterns("node_modules", "__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "sandbox", ignore=left_out)
    (tmp_path / "sandbox" / MODULES).symlink_to(PACKAGE / MODULES)
    for each in ("infra/bicep/sandbox.snapshot.json", "infra/entra/catalog.json"):
        (tmp_path / each).parent.mkdir(parents=True)
        shutil.copy(PROJECT / each, tmp_path / each)
    done = subprocess.run(
        [sys.executable, "-P", "-c", ALONE, str(tmp_path / "state")],
        cwd=tmp_path,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.stdout.strip() == "{'thumbnailer': 200, 'notifier': 403}", done.stderr


def _imported() -> set[str]:
    return {name.split(".")[0] for file in PACKAGE.rglob("*.py") for name in _of(file)}


def _of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
