"""The compiler's messages become findings, which only warn."""

import os
import subprocess
from pathlib import Path

import pytest

from infra.rehearsal.plan import Severity
from infra.rehearsal.rules.types import what_the_compiler_says
from tests.infra.bicep import PROGRAM, needs_bicep

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


APP = """
resource app 'Microsoft.App/containerApps@{version}' = {{
  name: 'worker'
  location: 'westeurope'
  properties: {{
    template: {{
      scale: {{
        rules: [{{ name: 'backlog', custom: {{ type: 'azure-servicebus', identity: 'system' }} }}]
      }}
    }}
  }}
}}
"""


@needs_bicep
@pytest.mark.parametrize(("version", "count"), [("2024-03-01", 1), ("2025-01-01", 0)])
def test_the_compiler_knows_since_when_a_scale_rule_takes_an_identity(
    version: str, count: int, tmp_path: Path
) -> None:
    source = tmp_path / "app.bicep"
    source.write_text(APP.format(version=version))
    done = subprocess.run(
        [str(PROGRAM), "build", str(source), "--stdout"],
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    found = [each.what for each in what_the_compiler_says(done.stderr)]
    assert len(found) == count
    assert all('"identity" is not allowed' in each for each in found)
