"""The table of docs/bus-clients.md, from the data: `python -m tests.sandbox.servicebus.page`."""

from sandbox.servicebus.not_offered import NOT_OFFERED, NotOffered
from sandbox.state import PROJECT
from tests.written import between

PAGE = PROJECT / "docs" / "bus-clients.md"
BEGIN = "<!-- written from sandbox/servicebus/not_offered.py -->\n"
END = "<!-- until here -->\n"
_HEAD = "| not offered | asked for by | on the wire | refused |\n|---|---|---|---|\n"


def with_table(page: str) -> str:
    """`page` with its table as it must be. Raises ValueError if the marks are not there."""
    return between(page, BEGIN, END, _HEAD + "".join(map(_line, NOT_OFFERED)))


def _line(each: NotOffered) -> str:
    by, refused = each.by.value
    wire = ", ".join(f"`{one}`" for one in each.on_the_wire)
    return f"| {each.what} | {by} | {wire} | {refused} |\n"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
