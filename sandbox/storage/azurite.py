"""Azurite as a child process: its command, its start, and its first containers."""

import asyncio
import base64
import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sandbox.storage.installation import MAIN, AzuriteError, azurite_folder, find_node

# A start imports this module first, and the rest of the package while Azurite starts.
if TYPE_CHECKING:
    from sandbox.storage.backend import Backend

# The first one wraps Azurite's own methods, and others wrap it. What `late` puts off is loaded by
# those after it.
_CHANGES = (
    *("durable", "late", "checksums", "conditions", "empty", "finding", "listing"),
    *("names", "templates", "unused"),
)
# Metadata, tags and the address of a copy's source may come together.
_LONGEST_HEADERS = 64 * 1024
# MB of each half of V8's young generation, a quarter of the default, for less memory.
_YOUNG = 4
# Azurite derives users' delegation keys from a seed that is printed in its source, so that any
# program on this machine could sign anything; with a random seed, only its own key opens it.
_OWN_SEED = """
import {{ createRequire }} from "node:module";
import {{ randomUUID }} from "node:crypto";
const azurite = createRequire({main});
azurite("./utils/constants").USERDELEGATIONKEY_SIGNING_SEED = randomUUID();
"""
_WITHIN = 30.0
_ANSWERS_WITHIN = 120.0


def new_key() -> str:
    """Return an account key for one run. It is never written to disk."""
    return base64.b64encode(secrets.token_bytes(64)).decode()


def free_port() -> int:
    """Return a free port of the loopback."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Azurite:
    """One account of the Azurite that listens on `port` and keeps its data in `folder`."""

    account: str
    host: str
    folder: Path
    port: int
    key: str = field(default_factory=new_key, repr=False)

    def command(self) -> list[str]:
        """Return the command line. Raises AzuriteError if Node or Azurite is not installed."""
        folder = azurite_folder()
        main = str(folder / MAIN)
        where = ["--blobHost", "127.0.0.1", "--blobPort", str(self.port)]
        what = ["--location", str(self.folder), "--skipApiVersionCheck", "--disableTelemetry"]
        files = [str(folder / f"{each}.js") for each in _CHANGES]
        changes = [word for each in files for word in ("--require", each)]
        own_seed = quote(_OWN_SEED.format(main=json.dumps(main)))
        seed = ["--import", f"data:text/javascript,{own_seed}"]
        options = [
            f"--max-http-header-size={_LONGEST_HEADERS}",
            f"--max-semi-space-size={_YOUNG}",
        ]
        return [find_node(), *options, *changes, *seed, main, *where, *what, "--silent"]

    def environment(self, *others: "Azurite") -> Mapping[str, str]:
        """Return its variables, for this account and `others`.

        They hold the keys: command lines are public on a machine.
        """
        accounts = ";".join(f"{each.account}:{each.key}" for each in (self, *others))
        return {"PATH": os.environ.get("PATH", os.defpath), "AZURITE_ACCOUNTS": accounts}

    def backend(self) -> "Backend":
        """Return a client of this Azurite."""
        from sandbox.storage.backend import Backend  # noqa: PLC0415

        return Backend(self.account, self.host, self.port, self.key)

    async def wait(self, within: float = _WITHIN) -> None:
        """Return as soon as it listens. Raises AzuriteError if it does not do so in time."""
        ends = time.monotonic() + within
        while not await _listens(self.port):
            if time.monotonic() > ends:
                raise AzuriteError(f"Azurite does not listen on port {self.port}")
            await asyncio.sleep(0.02)

    async def prepare(self, containers: Iterable[str], within: float = _ANSWERS_WITHIN) -> None:
        """Create the containers that do not exist yet.

        Raises AzuriteError if one is refused, or if they take more than `within` seconds together.
        """
        from sandbox.storage.containers import make_container  # noqa: PLC0415

        backend = self.backend()
        await backend.start()
        try:
            async with asyncio.timeout(within):
                for container in containers:
                    await make_container(backend, container)
        except TimeoutError as error:
            raise AzuriteError(f"Azurite does not answer on port {self.port}") from error
        finally:
            await backend.stop()

    @asynccontextmanager
    async def running(self, containers: Iterable[str]) -> AsyncIterator[None]:
        """Run a child process that has `containers`, until the block ends."""
        process = subprocess.Popen(  # noqa: ASYNC220
            self.command(), env=self.environment(), stdout=subprocess.DEVNULL
        )
        try:
            await self.wait()
            await self.prepare(containers)
            yield
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
