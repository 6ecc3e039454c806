"""What the compiler prints becomes findings, which only warn."""

from infra.rehearsal.plan import Severity
from infra.rehearsal.rules.types import what_the_compiler_says

PRINTED = """\
WARNING: The following Bicep features are enabled.
/tmp/app.bicep(3,5) : Warning BCP037: The property "identity" is not allowed on objects of type \
"CustomScaleRule". If this is a resource type definition inaccuracy, report it using \
https://aka.ms/bicep-type-issues. [https://aka.ms/bicep/core-diagnostics#BCP037]
/tmp/app.bicep(1,7) : Warning no-unused-params: Parameter "spare" is declared but never used. \
[https://aka.ms/bicep/linter-diagnostics#no-unused-params]
/tmp/app.bicep(9,14) : Warning BCP081: Resource type "Microsoft.App/containerApps@2031-01-01" does \
not have types available. [https://aka.ms/bicep/core-diagnostics#BCP081]
"""


def test_a_property_that_the_version_does_not_have_is_a_warning() -> None:
    found = what_the_compiler_says(PRINTED)
    assert [each.severity for each in found] == [Severity.WARNED, Severity.WARNED]
    assert found[0].what.startswith('app.bicep:3: The property "identity" is not allowed')
    assert found[1].what.startswith('app.bicep:9: Resource type "Microsoft.App/containerApps@2031')
    assert not found[0].what.endswith("]")


def test_what_is_no_matter_of_types_is_left_to_the_linter() -> None:
    printed = "\n".join(line for line in PRINTED.splitlines() if "BCP" not in line)
    assert what_the_compiler_says(printed) == []
