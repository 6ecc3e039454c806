"""The tables of docs/access/table.md, from the rows: `python -m tests.access.page`."""

from itertools import groupby

from sandbox.state import PROJECT
from tests.access.rows import Row
from tests.access.table import TABLE
from tests.generated_section import replace_section

PAGE = PROJECT / "docs" / "access" / "table.md"
BEGIN, END = "<!-- written from tests/access/table.py -->\n", "<!-- until here -->\n"


def rendered() -> str:
    """A table for each identity, in the order of the rows."""
    ordered = sorted(
        TABLE, key=lambda row: list(dict.fromkeys(r.who for r in TABLE)).index(row.who)
    )
    return "\n".join(_identity(who, list(rows)) for who, rows in groupby(ordered, _who))


def with_tables(page: str) -> str:
    """Return `page` with its tables as they must be. Raises ValueError if a mark is missing."""
    return replace_section(page, BEGIN, END, rendered())


def _who(row: Row) -> str:
    return row.who


def _identity(who: str, rows: list[Row]) -> str:
    allowed = sum(row.allowed for row in rows)
    head = f"## {who}: {allowed} allowed, {len(rows) - allowed} denied\n"
    head += "| | operation | on | why | code |\n|---|---|---|---|---|\n"
    return head + "".join(f"{_line(row)}\n" for row in rows)


def _line(row: Row) -> str:
    mark = "may" if row.allowed else "may not"
    operation = f"`{_short(row.operation)}`" if row.by_decision else row.operation
    return f"| {mark} | {operation} | {row.on} | {row.why} | {_code(row)} |"


def _short(action: str) -> str:
    """Return an action without the common prefix of its provider."""
    for provider in ("storageAccounts/blobServices/containers/", "namespaces/", "vaults/"):
        if provider in action:
            return action.partition(provider)[2]
    return action.removeprefix("Microsoft.")


def _code(row: Row) -> str:
    file, _, call = row.code.partition(": ")
    return f"[{call}](../../{file})" if file else ""


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
