"""The control plane's parts of a report, as Markdown."""

from collections.abc import Iterable, Sequence

from local.report.model import Deployment, Refused, Revision, RoleTime, Rule, Scaler, Unseen


def deployments(found: Sequence[Deployment]) -> str:
    """Return each deployment with its failures."""
    return "\n".join(map(_deployment, found))


def _deployment(each: Deployment) -> str:
    first = ", the first" if each.number == 1 else ""
    head = f"### {each.number}{first}: {each.state}{_after(each.seconds)}\n"
    if isinstance(each.refused, Unseen):
        return f"{head}\nAzure did not show its operations: {each.refused.why}.\n"
    return head + "".join(f"\n{_refused(one)}" for one in each.refused)


def _refused(each: Refused) -> str:
    on = f" of `{each.on}`" if each.on else ""
    codes = " > ".join(dict.fromkeys(filter(None, (each.status, *each.codes))))
    said = f"\n  - Azure says: {each.said}" if each.said else ""
    advice = f"\n  - What to do: {each.advice}" if each.advice else ""
    return f"- `{each.kind}`{on} was refused: {codes or 'no code'}{said}{advice}\n"


def revisions(found: Sequence[Revision]) -> str:
    """Return the revisions in a table, and Azure's messages below it."""
    heads = ("app", "revision", "image", "active", "provisioning", "running", "health", "replicas")
    rows = (
        (
            each.app,
            str(each.number),
            "its own" if each.own_image else "placeholder",
            "yes" if each.active else "no",
            each.provisioning,
            each.running,
            each.health,
            _number(each.replicas),
        )
        for each in found
    )
    said = "".join(
        f"\n{each.app}, revision {each.number}: {each.said}\n" for each in found if each.said
    )
    return table(heads, rows) + said


def roles(found: Sequence[RoleTime]) -> str:
    """Return the roles in a table, with a note on the measurement."""
    note = (
        "Measured from the creation of the assignment (`createdOn`) to the service's log: the\n"
        "last failed attempt, and the first time by which the right was proved. The causes of\n"
        "failed attempts are not distinguished.\n\n"
    )
    rows = ((each.app, each.role, each.on, _role_in_words(each)) for each in found)
    return note + table(("app", "role", "on", "worked"), rows)


def _role_in_words(each: RoleTime) -> str:
    if not each.whole:
        return "not measured: the log does not reach back to the start"
    if not each.proved:
        return f"not seen to work{_failures(each)}" if each.failures else "not in the log"
    if each.worked is None:
        return f"yes; the time of the grant is unknown{_failures(each)}"
    first = "" if each.failures else "at the first attempt, "
    return f"{first}at most {each.worked} s after the grant{_failures(each)}"


def _failures(each: RoleTime) -> str:
    if not each.failures:
        return ""
    last = "" if each.last_failure is None else f", the last after {each.last_failure} s"
    return f"; {each.failures} failed attempt{'s' * (each.failures != 1)}{last}"


def scalers(found: Sequence[Scaler]) -> str:
    """Return the scalers in a table, with a note on the measurement."""
    note = (
        "In seconds after the newest revision was created, as far as the system events reach.\n\n"
    )
    heads = (
        "app",
        "scaler started",
        "failures",
        "first woken",
        "by",
        "after a photo",
        "seen until",
    )
    rows = (
        (
            each.app,
            _number(each.started),
            str(each.failures),
            _number(each.woken, "not yet"),
            each.trigger or "unknown",
            _number(each.after_photo),
            _number(each.watched),
        )
        for each in found
    )
    return note + table(heads, rows)


def rules(found: Sequence[Rule]) -> str:
    """Return the rules in a table."""
    rows = (
        (
            each.subscription,
            each.name,
            each.filter,
            "yes" if each.passes_all else "no",
            "yes" if each.as_template else "no",
        )
        for each in found
    )
    heads = ("subscription", "rule", "filter", "lets everything pass", "as in the template")
    return table(heads, rows)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown."""
    lines = (heads, ["---"] * len(heads), *rows)
    return "".join(f"| {' | '.join(each)} |\n" for each in lines)


def _after(seconds: int | None) -> str:
    return "" if seconds is None else f" after {seconds} s"


def _number(value: int | None, otherwise: str = "unknown") -> str:
    return otherwise if value is None else str(value)
