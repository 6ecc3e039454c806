"""`keyless up`: start the sandbox and the services."""

import asyncio
import signal
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.text import Text

from cli.env import users
from cli.lifecycle import describe, start_detached
from cli.options import (
    AssumeFromOption,
    AssumeOption,
    EndpointCacheOption,
    PortOption,
    PropagationOption,
    SnapshotOption,
    StandInOption,
    StateOption,
    TokenLifetimeOption,
    as_options,
    assumptions_of,
    open_state_for_start,
    settings_of,
)
from cli.progress import Progress
from cli.snapshot_notes import LAST_COMPILED, shown, warn_of_edits, warn_of_left_out
from cli.terminal import (
    NOT_READY,
    USAGE,
    err,
    exit_on_signals,
    fail,
    log_to_stderr,
    one_sentence,
    out,
)
from local.services import SAMPLE
from sandbox.commands import KEYLESS, published
from sandbox.deployment import Deployment, as_compiled, is_own, load, mark_as_own, origin, remember
from sandbox.deployment.given_snapshot import (
    GivenError,
    given_snapshot,
    is_bicep,
    last_compiled,
    will_compile,
)
from sandbox.deployment.on_disk import OnDisk
from sandbox.state import State
from sandbox.supervisor import END_SIGNALS, AsDeveloper, Az, Report, holder
from sandbox.supervisor.options import Options
from sandbox.supervisor.report import PATIENCE
from sandbox.supervisor.run import StartError, run

if TYPE_CHECKING:
    from sandbox.page import OpenLab
    from sandbox.supervisor.remote_services import RemoteServices


def up(
    *,
    state: StateOption = None,
    port: PortOption = None,
    detach: Annotated[
        bool,
        typer.Option(
            "--detach",
            "-d",
            help=f"Return once all is ready. Exits with {NOT_READY} if it is not in time; the"
            " sandbox stays up.",
        ),
    ] = False,
    wait: Annotated[
        float,
        typer.Option(
            "--wait",
            envvar="KEYLESS_WAIT",
            min=0,
            metavar="SECONDS",
            help="How long the services may take before the command reports what they wait for.",
        ),
    ] = PATIENCE,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen",
            help="Start no service; listen on this machine's private addresses for services on"
            " other machines, which reach it by this name. Needs --environments.",
        ),
    ] = None,
    environments: Annotated[
        Path | None,
        typer.Option(
            "--environments", help="With --listen: the folder for the services' environments."
        ),
    ] = None,
    as_: Annotated[
        str | None, typer.Option("--as", help="developer: run the services under your sign-in.")
    ] = None,
    stand_in: StandInOption = False,
    approve: Annotated[
        bool, typer.Option("--approve", help="With --as: approve the sign-in, for scripts.")
    ] = False,
    snapshot: SnapshotOption = None,
    endpoints: Annotated[
        bool,
        typer.Option(
            "--endpoints",
            help="Start no service, only Azure's endpoints; as always with another deployment.",
        ),
    ] = False,
    as_compiled_: Annotated[bool, typer.Option("--as-compiled", hidden=True)] = False,
    services: Annotated[
        bool,
        typer.Option(
            "--services",
            help="With --snapshot: start the services. For a changed copy of the sample's Bicep.",
        ),
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="SERVICE", help="Start this service and no other. Repeatable."
        ),
    ] = None,
    assume: AssumeOption = None,
    assume_from: AssumeFromOption = None,
    token_lifetime: TokenLifetimeOption = None,
    endpoint_cache: EndpointCacheOption = None,
    propagation: PropagationOption = None,
) -> None:
    """Start the sandbox and the services.

    Of another deployment, which --snapshot names, no service starts: it would take the messages
    of yours. The commands as and env step into each. Later starts have the same deployment. With
    --services, it is a copy of the sample's, and the services start.
    """
    assumed = assumptions_of(assume, assume_from)
    settings = settings_of(
        token_lifetime=token_lifetime, endpoint_cache=endpoint_cache, propagation=propagation
    )
    remote = _remote_services(listen, environments, detach)
    _check_sign_in(as_, remote, stand_in or approve)
    opened = open_state_for_start(state)
    if not as_compiled_:
        _choose(opened, snapshot, services=services)
    _check_developer(as_, opened)
    _check_only(only, opened, endpoints=endpoints)
    progress = Progress(opened)
    warn_of_edits(opened)
    warn_of_left_out(opened)
    if detach:
        options = [
            *_options(as_, stand_in, approve),
            *as_options(assumed),
            *(f"--{name}={value}" for name, value in settings.otherwise.items()),
            *["--endpoints"] * endpoints,
            *(f"--only={name}" for name in only or ()),
            "--as-compiled",  # by this command, just now
            f"--wait={wait}",
        ]
        _run_detached(opened, port, progress, options)
        return
    log_to_stderr()
    with one_sentence(StartError, OSError):
        chosen = Options(
            project=replace(SAMPLE, read_disk=_read_disk, read_lab=_read_lab),
            gallery_port=port,
            remote=remote,
            as_developer=AsDeveloper(Az.found(opened, stand_in), approve) if as_ else None,
            assumed=assumed,
            settings=settings,
            only=() if endpoints else only or None,
            patience=wait,
        )
        asyncio.run(run(opened, chosen, progress))
    # Everything but this process has ended: a second signal has nothing to interrupt.
    for number in END_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _run_detached(state: State, port: int | None, progress: Progress, options: list[str]) -> None:
    """Start a sandbox with `options` in the background, and end the command if it is late."""
    pid = holder(state)
    if pid is not None:
        fail(f"a sandbox is already running on {state.root} (process {pid}).")
    with exit_on_signals():
        report = start_detached(state, port, progress, options, stays=True)
    out.print(f"Running in the background; [bold]{KEYLESS} down[/] ends it.")
    if not report.ready:
        fail(_late(report), NOT_READY)


def _read_disk(state: State) -> OnDisk:
    """Import the rehearsal when the page first needs it, and not with each start."""
    bicep = import_module("cli.lab_on_page").bicep_of(state)
    found: OnDisk = import_module("cli.compiled").read_disk(state, bicep)
    return found


def _read_lab(state: State) -> "OpenLab | None":
    found: OpenLab | None = import_module("cli.lab_on_page").read_lab(state)
    return found


def _choose(state: State, snapshot: Path | None, *, services: bool) -> None:
    """Let this start and later ones deploy `snapshot`, unless a sandbox runs on `state`."""
    if snapshot is None:
        if services:
            fail("--services needs --snapshot; without it, the services start anyway.", USAGE)
        if holder(state) is None:
            _compile_again(state)
        return
    pid = holder(state)
    if pid is not None:
        fail(
            f"a sandbox is already running on {state.root} (process {pid}); to change its"
            f" deployment: {KEYLESS} apply --snapshot {snapshot}"
        )
    with one_sentence(GivenError, OSError, ValueError):
        found = _compiled(state, snapshot)
        # A broken one is not remembered.
        given = load(state, found, is_own=services or is_own(state, found))
        if services:
            _check_services(given, snapshot)
            mark_as_own(state, found)
        remember(state, found, snapshot if is_bicep(snapshot) else None)


def _compile_again(state: State) -> None:
    """Let this start deploy the Bicep that was named last as it is now, if it was Bicep."""
    with one_sentence(GivenError, OSError, ValueError):
        bicep = origin(state)
        if not is_bicep(bicep):
            return
        if last_compiled(state, bicep):
            err.print(Text.assemble(("note:", "bold yellow"), f" {LAST_COMPILED.format(bicep)}."))
            return
        _compiled(state, bicep)


def _compiled(state: State, path: Path) -> Path:
    """Return the snapshot that `path` is, and say first that its Bicep takes seconds to compile."""
    if will_compile(path):
        err.print(f"compiling {escape(shown(path))} …", style="dim")
    return given_snapshot(state, path)


def _check_services(given: Deployment, snapshot: Path) -> None:
    """End the command for a deployment with other services than the sample's."""
    known = {each.name for each in as_compiled().services}
    found = {each.name for each in given.services}
    if found != known:
        fail(
            f"--services is for a copy of the sample's deployment, with {', '.join(sorted(known))};"
            f" {snapshot} has {', '.join(sorted(found)) or 'no container app'}.",
            USAGE,
        )


def _late(report: Report) -> str:
    waiting = "; ".join(map(describe, report.late))
    where = f", at {published(report.gallery)}" if report.gallery else ""
    return (
        f"not all is ready; the sandbox stays up{where}: {waiting}."
        f" See {KEYLESS} status for its progress, and {KEYLESS} doctor for the reason"
    )


def _remote_services(
    listen: str | None, environments: Path | None, detach: bool
) -> "RemoteServices | None":
    if listen is None and environments is None:
        return None
    if listen is None or environments is None:
        fail("--listen and --environments go together.", USAGE)
    if detach:
        fail("--detach waits for services, and --listen starts none.", USAGE)
    if not environments.is_dir():
        fail(f"--environments is not a folder: {environments}.", USAGE)
    from sandbox.supervisor.remote_services import (  # noqa: PLC0415 - for few starts
        AddressError,
        RemoteServices,
    )

    with one_sentence(AddressError):
        return RemoteServices.reached_by(listen, environments.absolute())


def _check_sign_in(as_: str | None, remote: "RemoteServices | None", more: bool) -> None:
    if as_ not in {None, "developer"}:
        fail(f"the services can run --as developer, not as {as_!r}.", USAGE)
    if as_ and remote:
        fail("--as developer starts the services here; --listen starts none.", USAGE)
    if more and not as_:
        fail("--stand-in and --approve need --as developer.", USAGE)


def _check_developer(as_: str | None, state: State) -> None:
    with one_sentence(ValueError, KeyError):
        if as_ and as_ not in users(state):
            fail(
                f"this deployment has no {as_}: it needs an output {as_.upper()}_PRINCIPAL_ID in"
                " infra/bicep/main.bicep, with the object id",
                USAGE,
            )


def _check_only(only: list[str] | None, state: State, *, endpoints: bool) -> None:
    """End the command for a service that the deployment does not have."""
    if not only:
        return
    if endpoints:
        fail("--endpoints starts no service, and --only starts some.", USAGE)
    with one_sentence(ValueError, KeyError):
        known = [each.name for each in load(state).services]
    for name in only:
        if name not in known:
            listed = ", ".join(known) or "none, since it is not the sample's"
            fail(f"no service is called {name!r}; the deployment has {listed}", USAGE)


def _options(as_: str | None, stand_in: bool, approve: bool) -> list[str]:
    given = (["--as", as_] if as_ else []) + ["--stand-in"] * stand_in + ["--approve"] * approve
    return given
