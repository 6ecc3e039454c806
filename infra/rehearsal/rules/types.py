"""The compiler's findings in a template: unknown properties and API versions."""

import re
from collections.abc import Iterator, Sequence

from infra.rehearsal.plan import Finding, Severity, Sure

# BCP036: a value of the wrong type; BCP037: a property that the version does not have; BCP053: one
# that is read and is not there; BCP081: a type or version without types.
_CODES = {"BCP036", "BCP037", "BCP053", "BCP081"}
_LINE = re.compile(
    r"^(?P<file>.+?)\((?P<line>\d+),\d+\) : (?:Warning|Error) (?P<code>BCP\d+): (?P<text>.*)$"
)
_LINK = re.compile(r"\s*\[https://aka\.ms/[^\]]*\]\s*$")


def what_the_compiler_says(diagnostics: str) -> Sequence[Finding]:
    """Find the types' complaints in the standard error of `bicep build`.

    They warn only: where the compiler knows a property that Azure does not, or the other way round,
    Azure decides, and the compiler says so itself.
    """
    return list(_complaints(diagnostics))


def _complaints(diagnostics: str) -> Iterator[Finding]:
    for line in diagnostics.splitlines():
        found = _LINE.match(line)
        if found and found["code"] in _CODES:
            text = _LINK.sub("", found["text"])
            yield Finding(
                severity=Severity.WARNED,
                resource="",
                what=f"{found['file'].rpartition('/')[2]}:{found['line']}: {text}",
                rule="known-property",
                source="Azure/bicep-types-az, as compiled into the Bicep CLI",
                sure=Sure.READ,
                mend="take a name or an API version that the types know, unless Azure knows better",
            )
