"""The table of docs/bus-clients.md: `python -m tests.sandbox.servicebus.unsupported_table`."""

from sandbox.servicebus.unsupported import UNSUPPORTED, Unsupported
from sandbox.state import PROJECT
from tests.generated_section import replace_section

PAGE = PROJECT / "docs" / "bus-clients.md"
BEGIN = "<!-- written from sandbox/servicebus/unsupported.py -->\n"
END = "<!-- until here -->\n"
_HEAD = "| not offered | asked for by | on the wire | refused |\n|---|---|---|---|\n"


def with_table(page: str) -> str:
    """Return `page` with its table updated. Raises ValueError if the marks are missing."""
    return replace_section(page, BEGIN, END, _HEAD + "".join(map(_line, UNSUPPORTED)))


def _line(each: Unsupported) -> str:
    by, refused = each.form.value
    link = ", ".join(f"`{one}`" for one in each.on_the_wire)
    return f"| {each.feature} | {by} | {link} | {refused} |\n"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
