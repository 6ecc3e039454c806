"""The developer's sign-in, by the Azure CLI or its stand-in, kept in a folder of the sandbox."""

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

from sandbox.state import State
from sandbox.supervisor.environment import (
    DEVELOPER,
    minimal_environment,
    sandbox_variables,
    separate_sign_in,
)

NAME = DEVELOPER

_STAND_IN = Path(__file__).with_name("fake_az.py")
_RESOURCE = "https://management.core.windows.net/"
_TOKEN = ("account", "get-access-token", "--output", "json", "--resource", _RESOURCE)
_LOGIN = ("login", "--use-device-code")
_CODE = re.compile(r"enter the code ([A-Z0-9]+) ")


class SignInError(RuntimeError):
    """The sign-in failed; the message is a sentence."""


@dataclass(frozen=True)
class Az:
    """The Azure CLI that signs the developer in, or its stand-in."""

    path: Path
    stands_in: bool

    @classmethod
    def found(cls, state: State, stand_in: bool = False) -> "Az":
        """Return the one on the PATH; the stand-in if there is none, or if `stand_in` is set."""
        installed = None if stand_in else shutil.which("az")
        if installed:
            return cls(Path(installed), stands_in=False)
        path = state.folder("bin") / "az"
        script = f'exec {shlex.quote(sys.executable)} -I {shlex.quote(str(_STAND_IN))} "$@"'
        state.write("bin/az", f"#!/bin/sh\n{script}\n".encode())
        path.chmod(0o700)
        return cls(path, stands_in=True)

    def first_on(self, path: str) -> str:
        """Return `path` with this `az` first."""
        return f"{self.path.parent}:{path}"

    def __str__(self) -> str:
        return "Keyless's stand-in for the Azure CLI" if self.stands_in else str(self.path)


@dataclass(frozen=True)
class AsDeveloper:
    """Run the services as the developer, with this Azure CLI.

    With `approve`, the sandbox approves the sign-in itself, for scripts.
    """

    az: Az
    approve: bool = False


@dataclass
class Developer:
    """Signs the developer in; `code` is the device code while a sign-in waits for approval."""

    az: Az
    environment: Mapping[str, str] = field(repr=False)
    code: str = ""

    @classmethod
    def of(cls, az: Az, proxy: str, ca: Path, state: State, who: str = DEVELOPER) -> "Developer":
        """Return the developer of the sandbox, separate from the user's own sign-in.

        `who` may be another user, such as the operator, with a separate sign-in.
        """
        process = minimal_environment(state.folder("home"))
        # The stand-in comes before any installed az.
        path = az.first_on(process["PATH"]) if az.stands_in else process["PATH"]
        led = {**sandbox_variables(proxy, ca), **separate_sign_in(state, who)}
        return cls(az, {**process, **led, "PATH": path})

    async def is_signed_in(self, principal_id: str) -> bool:
        """Return whether a sign-in of `principal_id` exists and still gives tokens."""
        process = await self._start(*_TOKEN, stderr=DEVNULL)
        printed, _ = await _ended(process)
        try:
            return process.returncode == 0 and _holder(json.loads(printed)) == principal_id
        except (ValueError, LookupError):
            return False

    async def sign_in(self, on_code: Callable[[str], None]) -> None:
        """Sign in by device code; call `on_code` with the code. Raises SignInError."""
        process = await self._start(*_LOGIN, stderr=PIPE)
        lines = []
        try:
            while process.stderr and (line := await process.stderr.readline()):
                lines.append(line.decode(errors="replace").strip())
                if found := _CODE.search(lines[-1]):
                    self.code = found[1]
                    on_code(self.code)
            await process.wait()
        finally:
            self.code = ""
            await _end(process)
        if process.returncode:
            raise SignInError(f"the developer has not signed in: {' '.join(lines[-3:])}")

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
    """Return the object id in a token, which needs no verification: it was just issued.

    Raises ValueError or LookupError for anything else.
    """
    # Imported late: every command imports this module, and few starts sign in.
    from joserfc import jws  # noqa: PLC0415
    from joserfc.errors import JoseError  # noqa: PLC0415

    try:
        claims = json.loads(jws.extract_compact(answer["accessToken"].encode()).payload)
    except JoseError as error:
        raise ValueError("the Azure CLI printed no token") from error
    return str(claims["oid"])
