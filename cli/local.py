"""`keyless local`: the services on this machine, as you, against a real environment."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Annotated

import requests
import typer
from azure.core.credentials import TokenCredential
from rich.text import Text

from cli.options import EnvFileOption, EnvironmentOption
from cli.short_names import for_services
from cli.terminal import UNAVAILABLE, fail, one_sentence, out
from local.advice import deployed_workers, on_rights, on_workers
from local.arm import ResourceManager, UnseenError
from local.azd_values import Values, ValuesError
from local.probes import Endpoints, Missing, Prober
from local.rights import Environment, Right, rights_of_developer
from local.run import ServiceState, choose_ports, public, run
from local.sign_in import SignedIn, SignInError, open_developers_credential, signed_in
from sandbox.deployment import app_names, as_compiled
from sandbox.state import LOCAL, PROJECT, State, StateError
from sandbox.supervisor.ports import HeldPorts

_DONE, _WRONG, _WAITS = Text("✓ ", "green"), Text("✗ ", "bold red"), Text("! ", "bold yellow")


def local(
    *,
    env_file: EnvFileOption = None,
    environment: EnvironmentOption = None,
    port: Annotated[
        int | None, typer.Option("--port", help="The gallery's port. Default: 8080.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Check, and start nothing.")] = False,
) -> None:
    """Run the services on this machine against real Azure, with your own sign-in.

    Checks the sign-in and each right first. If a right is missing, prints the command that grants
    it, starts nothing, and exits with 69.
    """
    with one_sentence(ValuesError, SignInError, StateError, OSError):
        values = Values.from_file(env_file) if env_file else Values.from_azd(environment)
        deployed_as = Environment.of(values)
        credential = open_developers_credential()
        who = signed_in(credential)
        _say(_DONE, f"signed in as {who.name}, by {values.source}")
        _check_tenant(values, who)
        _check_rights(values, deployed_as, credential, who)
        _warn_of_workers(deployed_as, credential)
        if not check:
            _run(values, port)


def _check_tenant(values: Values, who: SignedIn) -> None:
    tenant = values.named.get("AZURE_TENANT_ID", who.tenant)
    if tenant.lower() != who.tenant.lower():
        fail(f"the environment is in tenant {tenant}; sign in there: az login --tenant {tenant}")


def _check_rights(
    values: Values, deployed_as: Environment, credential: TokenCredential, who: SignedIn
) -> None:
    rights = rights_of_developer(as_compiled(), deployed_as)
    prober = Prober(credential, Endpoints.of(values))
    with ThreadPoolExecutor(len(rights)) as pool:
        missing = [each for each in pool.map(prober.missing, rights) if each]
    _say_rights(rights, missing)
    if missing:
        for line in on_rights(missing, who, values.named.get("DEVELOPER_PRINCIPAL_ID", "")):
            out.print(f"  {line}", markup=False)
        raise typer.Exit(UNAVAILABLE)


def _say_rights(rights: Sequence[Right], missing: Sequence[Missing]) -> None:
    wrong = {each.right: each for each in missing}
    for right in rights:
        sentence = f"{right.role} on {right.target}{for_services(right.services)}"
        if right in wrong:
            _say(_WRONG, f"{sentence}: {wrong[right].why}")
        else:
            _say(_DONE, sentence)


def _warn_of_workers(deployed_as: Environment, credential: TokenCredential) -> None:
    reached = public()
    try:
        with requests.Session() as session:
            arm = ResourceManager(session, credential)
            workers = tuple(each for each in app_names() if each not in reached)
            warning = on_workers(deployed_workers(arm, deployed_as, workers))
    except UnseenError as error:
        warning = f"cannot see whether workers are deployed in this environment: {error}"
    if warning:
        _say(_WAITS, warning)


def _run(values: Values, port: int | None) -> None:
    state = State.open(PROJECT / ".keyless" / LOCAL)
    with closing(HeldPorts()) as held:
        ports = choose_ports(port, held)
        for name in public():
            out.print(f"\n{name}: [bold]http://127.0.0.1:{ports[name]}[/]   (Ctrl-C ends it)")
        asyncio.run(run(values, ports, state, _print_news))


def _print_news(seen: ServiceState) -> None:
    if seen.readiness.ready:
        _say(_DONE, seen.name)
    elif seen.ended:
        _say(_WRONG, f"{seen.name} ended: {seen.ended}")
    elif seen.readiness.failing:
        _say(_WAITS, f"{seen.name} waits for: {', '.join(seen.readiness.failing)}")


def _say(mark: Text, sentence: str) -> None:
    out.print(Text.assemble(mark, sentence))
