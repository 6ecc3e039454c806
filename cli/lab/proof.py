"""The proof of a lab: the decisions on real requests, and the lab's own check."""

from cli.lab.check_file import findings
from cli.lab.checking import checking
from cli.lab.course import Lab
from cli.lab.run import Finding, Run


def prove(lab: Lab, run: Run) -> list[Finding]:
    """Return the findings of a lab on its running sandbox.

    Raises KeylessError if none runs, or CourseError for a check.py that is none.
    """
    found = list[Finding]()
    with checking(run.state):
        if lab.probes:
            from cli.lab.role_proof import prove_roles  # noqa: PLC0415 -- imports every SDK

            found += prove_roles(run, lab.probes)
        if lab.check is not None:
            found += findings(lab.check, run)
    return found
