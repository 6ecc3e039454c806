"""Decides which of the findings nobody has given a reason for, and which reasons nobody needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.keys.scan import Finding


@dataclass(frozen=True)
class Allowance:
    """`where` is a pattern of paths, `text` a regular expression for part of a line."""

    kind: str
    where: str
    text: str
    why: str

    def covers(self, finding: Finding) -> bool:
        """Whether this is about all of what was found."""
        if finding.kind != self.kind or not fnmatchcase(finding.where, self.where):
            return False
        return any(finding.secret in each[0] for each in re.finditer(self.text, finding.text))


def unallowed(findings: Sequence[Finding], allowances: Sequence[Allowance]) -> Sequence[Finding]:
    """What nobody has given a reason for."""
    return [each for each in findings if not any(one.covers(each) for one in allowances)]


def idle(findings: Sequence[Finding], allowances: Sequence[Allowance]) -> Sequence[Allowance]:
    """The allowances that nothing needs any more."""
    return [one for one in allowances if not any(one.covers(each) for each in findings)]
