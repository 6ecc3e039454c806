"""`keyless report`: the behaviour of a deployed environment, in a file to share."""

import logging
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from azure.core.credentials import TokenCredential
from rich.text import Text

from cli.options import EnvFileOption, EnvironmentOption
from cli.sample import is_the_sample
from cli.terminal import USAGE, fail, interactive, one_sentence, out
from local.azd_values import Values, ValuesError
from local.questions.asker import Asker
from local.questions.probes import By
from local.report import inside_apps, versions
from local.report.caller import Caller, identify
from local.report.environment import Reported
from local.report.gather import Gathered, gather
from local.report.model import NotAsked, Outcome, Report, Why
from local.report.open_questions import Plan, ask, in_order, plan
from local.report.page import rendered, summary
from local.report.redact import redact, values_in
from local.report.safe_text import SafeText
from local.sign_in import SignedIn, SignInError, open_developers_credential, signed_in
from sandbox.commands import KEYLESS

_NO_QUESTIONS = (
    "the questions about Azure need the sample's entities, and this deployment has others: the"
    " report has only its deployment and its role assignments"
)
_DONE, _WAITS = Text("✓ ", "green"), Text("! ", "bold yellow")
_NOBODY = SignedIn("", "", "")
_ASKED_AS = {
    By.DEVELOPER: SafeText("the developer"),
    By.STRANGER: SafeText("a user without a right on data"),
}


def report(
    *,
    env_file: EnvFileOption = None,
    environment: EnvironmentOption = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write, which must not exist yet.")
    ] = Path("keyless-report.md"),
    inside: Annotated[
        bool | None,
        typer.Option(
            "--inside-apps/--no-inside-apps",
            help="Also ask from inside an app, through a console in the gateway.",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask and write without prompts.")
    ] = False,
) -> None:
    """Test the assumptions about Azure in a deployed environment, and write the answers.

    Works after a failed deployment, too. The file holds no id, name, address or secret.
    """
    logging.getLogger("azure").addHandler(logging.NullHandler())
    if output.exists():
        fail(f"{output} already exists; choose another file with --output, or delete it.", USAGE)
    if not output.parent.is_dir():
        fail(f"the folder {output.parent} does not exist.", USAGE)
    if not yes and not interactive():
        fail("cannot prompt without a terminal: --yes agrees to all but --inside-apps.", USAGE)
    with one_sentence(ValuesError, OSError):
        values = Values.from_file(env_file) if env_file else Values.from_azd(environment)
        reported = Reported.of(values)
        if not is_the_sample():
            _say(_NO_QUESTIONS, _WAITS)
    with closing(open_developers_credential()) as credential:
        me = _signed_in(credential, values.named.get("AZURE_TENANT_ID", ""))
        page, found = _page(reported, credential, me, inside, yes)
    secrets = [*values_in(reported.named), me.name, me.object_id, me.tenant]
    _write(output, *redact(page, secrets), summary(found), yes=yes)


def _page(
    reported: Reported,
    credential: TokenCredential,
    me: SignedIn,
    inside: bool | None,
    yes: bool,
) -> tuple[str, Report]:
    seen = gather(reported.azure, reported.name, lambda part: _say(f"reading {part}"))
    whose = identify(reported.azure, me, reported.values.named) if me is not _NOBODY else None
    asker = reported.asker(credential)
    outcomes = [*_asked(asker, whose, seen, yes), *_asked_inside(reported, seen, inside, yes)]
    found = Report(
        keyless=versions.keyless(),
        azure_cli=versions.azure_cli_version(),
        azd=versions.azd(),
        asked_as=_ASKED_AS[whose.by] if whose else SafeText("nobody"),
        outcomes=in_order({each.question: each for each in outcomes}),
        deployments=seen.deployments,
        revisions=seen.revisions,
        roles=seen.roles,
        scalers=seen.scalers,
        rules=seen.rules,
    )
    return rendered(found), found


def _signed_in(credential: TokenCredential, tenant: str) -> SignedIn:
    try:
        found = signed_in(credential)
    except SignInError as error:
        _say(f"{error}; so the questions are skipped", _WAITS)
        return _NOBODY
    if tenant and tenant.lower() != found.tenant.lower():
        login = f"az login --tenant {tenant}"
        _say(f"the environment is in another tenant, so the questions are skipped: {login}", _WAITS)
        return _NOBODY
    _say(f"signed in as {found.name}")
    return found


def _asked(asker: Asker | None, whose: Caller | None, seen: Gathered, yes: bool) -> list[Outcome]:
    planned = plan(whose, asker, workers=seen.may_have_workers)
    if asker is None or whose is None or not planned.asked:
        return list(planned.not_asked)
    if not (yes or typer.confirm(_what_it_does(planned), default=True)):
        declined = (NotAsked(each, Why.DECLINED) for each in planned.asked)
        return [*declined, *planned.not_asked]
    found: list[Outcome] = []
    for each in ask(planned.asked, asker, whose):
        found.append(each)
        _say(f"asked {each.question}")
    return [*found, *planned.not_asked]


def _what_it_does(planned: Plan) -> str:
    number = len(planned.asked)
    leaves = f" This leaves {planned.leaves} blobs of one byte." if planned.leaves else ""
    sends = " This sends two events and receives them again." if planned.sends else ""
    return f"Ask {number} questions with your own rights?{leaves}{sends}"


def _asked_inside(
    reported: Reported, seen: Gathered, agreed: bool | None, yes: bool
) -> tuple[Outcome, ...]:
    if agreed is None:
        prompt = "Open a console in the gateway, for the questions that only its code can ask?"
        agreed = not yes and bool(seen.apps) and typer.confirm(prompt, default=False)
    if not agreed:
        return inside_apps.not_asked(Why.ONLY_INSIDE)
    _say("asking inside the gateway")
    return inside_apps.ask(reported.azure, seen.apps)


def _write(output: Path, page: str, removed: int, summary: str, *, yes: bool) -> None:
    out.print(f"\n{page}", markup=False)
    if removed:
        _say(
            f"{removed} words were removed that are never meant to be in it: please tell us", _WAITS
        )
    _say(summary)
    _say("The text above is the whole file: no id, name, address or secret of yours.")
    if not (yes or typer.confirm(f"Write it to {output}?", default=True)):
        out.print("Nothing was written.")
        return
    with one_sentence(OSError), output.open("x", encoding="utf-8") as file:
        file.write(page)
    _say(f"written: {output}")
    out.print(
        'Attach it to an issue ("It differs on Azure"), and see what it means for the sandbox:\n'
        f"  {KEYLESS} assumptions --from {output}\n  {KEYLESS} up --assume-from {output}",
        markup=False,
    )


def _say(sentence: str, mark: Text = _DONE) -> None:
    out.print(Text.assemble(mark, sentence))
