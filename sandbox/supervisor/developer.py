"""The developer's sign-in: by the Azure CLI, or by its stand-in, into a folder of the sandbox."""

import asyncio
import json
import re
import shlex
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from joserfc import jws
from joserfc.errors import JoseError

from sandbox.state import State
from sandbox.supervisor.surroundings import DEVELOPER, of_any_process, sign_in_apart, way_to

NAME = DEVELOPER

_STAND_IN = Path(__file__).with_name("stand_in.py")
_RESOURCE = "https://management.core.windows.net/"
_TOKEN = ("account", "get-access-token", "--output", "json", "--resource", _RESOURCE)
_LOGIN = ("login", "--use-device-code")
_CODE = re.compile(r"enter the code ([A-Z0-9]+) ")


class SignInError(RuntimeError):
    """Nobody has signed in; the message is a sentence."""


@dataclass(frozen=True)
class Az:
    """The Azure CLI that signs the developer in, or what stands in for it."""

    path: Path
    stands_in: bool

    @classmethod
    def found(cls, state: State, stand_in: bool = False) -> "Az":
        """The one on the PATH; the stand-in if there is none, or if `stand_in` says so."""
        installed = None if stand_in else shutil.which("az")
        if installed:
            return cls(Path(installed), stands_in=False)
        path = state.folder("bin") / "az"
        script = f'exec {shlex.quote(sys.executable)} -I {shlex.quote(str(_STAND_IN))} "$@"'
        state.write("bin/az", f"#!/bin/sh\n{script}\n".encode())
        path.chmod(0o700)
        return cls(path, stands_in=True)

    def first_on(self, path: str) -> str:
        """`path`, on which this is what `az` means."""
        return f"{self.path.parent}:{path}"

    def __str__(self) -> str:
        return "Keyless's stand-in for the Azure CLI" if self.stands_in else str(self.path)


@dataclass(frozen=True)
class AsDeveloper:
    """That the services run as the developer, by which Azure CLI; and whether they ask nobody.

    Where `approve` is set, the sandbox approves the sign-in that it needs itself, for scripts.
    """

    az: Az
    approve: bool = False


@dataclass
class Developer:
    """Signs the developer in; `code` is what a person has to enter, while one is waited for."""

    az: Az
    environment: Mapping[str, str] = field(repr=False)
    code: str = ""

    @classmethod
    def of(cls, az: Az, proxy: str, ca: Path, state: State, who: str = DEVELOPER) -> "Developer":
        """The developer, led to the sandbox and kept apart from the user's own sign-in.

        `who` may be the operator, who has a sign-in of their own.
        """
        process = of_any_process(state.folder("home"))
        # A stand-in comes before whatever else is called az.
        path = az.first_on(process["PATH"]) if az.stands_in else process["PATH"]
        led = {**way_to(proxy, ca), **sign_in_apart(state, who)}
        return cls(az, {**process, **led, "PATH": path})

    async def is_signed_in(self, principal_id: str) -> bool:
        """Whether there is a sign-in that still gives tokens, and is of `principal_id`."""
        process = await self._start(*_TOKEN, stderr=DEVNULL)
        printed, _ = await _ended(process)
        try:
            return process.returncode == 0 and _holder(json.loads(printed)) == principal_id
        except (ValueError, LookupError, JoseError):
            return False

    async def sign_in(self, waits_for: Callable[[str], None]) -> None:
        """Sign in by device code; `waits_for` hears of the code. Raises SignInError."""
        process = await self._start(*_LOGIN, stderr=PIPE)
        said = []
        try:
            while process.stderr and (line := await process.stderr.readline()):
                said.append(line.decode(errors="replace").strip())
                if found := _CODE.search(said[-1]):
                    self.code = found[1]
                    waits_for(self.code)
            await process.wait()
        finally:
            self.code = ""
            await _end(process)
        if process.returncode:
            raise SignInError(f"the developer has not signed in: {' '.join(said[-3:])}")

    async def _start(self, *arguments: str, stderr: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            self.az.path,
            *arguments,
            env=dict(self.environment),
            stdin=DEVNULL,
            stdout=PIPE if stderr == DEVNULL else DEVNULL,
            stderr=stderr,
        )


async def _ended(process: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    try:
        return await process.communicate()
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def _holder(answer: Mapping[str, str]) -> str:
    """Whom a token is for. It was just given out, so nothing has to be verified."""
    claims = json.loads(jws.extract_compact(answer["accessToken"].encode()).payload)
    return str(claims["oid"])
