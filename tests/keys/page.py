"""The parts of docs/zero-keys.md that are written from the data: `python -m tests.keys.page`."""

from collections.abc import Iterator, Sequence

from sandbox.state import PROJECT
from tests.generated_section import replace_section
from tests.keys.allowances import RUNNING as ALLOWED_RUNNING
from tests.keys.allowances import STATIC as ALLOWED
from tests.keys.allowances import Allowance
from tests.keys.detectors import OURS
from tests.keys.places import STATIC
from tests.keys.planting import RUNNING, SITES
from tests.keys.plants import PLANTS

PAGE = PROJECT / "docs" / "zero-keys.md"
BEGIN, END = "<!-- written from tests/keys -->\n", "<!-- until here -->\n"

_WORDS = {
    "source": "every file that git knows, or would take",
    "Bicep": "`infra/bicep`, as it is written",
    "template": "the snapshot, and what `bicep build` makes of `infra/bicep/main.bicep`",
    "compose": "`docker-compose.yml` and the Dockerfiles",
    "images": "what `.dockerignore` lets into an image: the code, and the lock of its packages",
    "environments": "of every process that the sandbox has started, from `/proc`",
    "logs": "of the sandbox, the services and Azurite, after a run from end to end",
    "telemetry": "what the services have sent to Application Insights during that run",
    "audit": "the sandbox's record of the same run",
}


def rendered() -> str:
    """Places, kinds by places, and the allowances, as they stand in the page."""
    return "\n".join(["".join(part) for part in (_places(), _kinds(), _allowances())])


def with_tables(page: str) -> str:
    """Return `page` with its tables as they must be. Raises ValueError if a mark is missing."""
    return replace_section(page, BEGIN, END, rendered())


def _all_places() -> Sequence[str]:
    return [*STATIC, *RUNNING]


def _sites(place: str) -> Sequence[str]:
    return [each.where for each in SITES if each.place == place] or [RUNNING[place]]


def _places() -> Iterator[str]:
    yield f"### {len(_all_places())} places\n"
    yield "| place | what is searched | planted in |\n|---|---|---|\n"
    for place in _all_places():
        yield f"| {place} | {_WORDS[place]} | {', '.join(_sites(place))} |\n"


def _kinds() -> Iterator[str]:
    own = {each().secret_type for each in OURS}
    planted = len(PLANTS) * sum(len(_sites(place)) for place in _all_places())
    yield f"### {len(PLANTS)} kinds, {planted} plants\n"
    yield "| kind | planted as | found by |\n|---|---|---|\n"
    for each in PLANTS:
        by = "ours" if each.kind in own else "detect-secrets"
        yield f"| {each.kind} | {each.example} | {by} |\n"


def _allowances() -> Iterator[str]:
    yield f"### {len(ALLOWED) + len(ALLOWED_RUNNING)} things that look like a key and are none\n"
    yield "| taken for | in | what | why it is none |\n|---|---|---|---|\n"
    yield from map(_row, (*ALLOWED_RUNNING, *ALLOWED))


def _row(one: Allowance) -> str:
    text = one.text.replace("|", "\\|")
    where = "anywhere" if one.where == "*" else one.where.replace("*", "\\*")
    return f"| {one.kind} | {where} | <code>{text}</code> | {one.why} |\n"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
