"""Run the live tests of Azure's own SDK against a sandbox, and say which pass, and why not.

    python -m tests.azure_sdk servicebus|blobs|identity [PYTEST ARGUMENTS]

The tests come from the source distribution of the SDK at the version in use, and are not part of
this project. They run as an identity that owns the data of its deployment, and those of
azure-identity as an app. Needs the network.
"""

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from sandbox.state import PROJECT
from sandbox.testing.deployment import Keyless
from tests.azure_sdk.reasons import Result, lines, without_reason
from tests.azure_sdk.suites import OPTIONS, SUITES, Suite, arranged, environment

HERE = Path(__file__).parent
SNAPSHOT = HERE / "deployment" / "main.snapshot.json"
# Of pytest: each test passed, or some failed. docs.pytest.org/en/stable/reference/exit-codes.html
_RAN = (0, 1)


def main(arguments: Sequence[str]) -> int:
    """Run a suite. Return 1 if a test fails without a reason in the file of reasons."""
    if not arguments or arguments[0] not in SUITES:
        print(f"usage: python -m tests.azure_sdk {'|'.join(SUITES)} [PYTEST ARGUMENTS]")
        return 2
    suite, rest = SUITES[arguments[0]], arguments[1:]
    reasons = tomllib.loads((HERE / f"{suite.name}.toml").read_text("utf-8"))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        print(f"fetching the tests of {suite.package} {version(suite.package)}", flush=True)
        python, tests = arranged(suite, folder)
        print("starting the sandbox", flush=True)
        sandbox = Keyless.start(SNAPSHOT, folder / "sandbox", print)
        try:
            ended = _run(suite, sandbox, python, tests, rest)
        finally:
            sandbox.stop()
    print("\n".join(lines(ended, reasons)))
    return 1 if not ended or without_reason(ended, reasons) else 0


def _run(
    suite: Suite, sandbox: Keyless, python: Path, tests: Path, arguments: Sequence[str]
) -> list[Result]:
    """Run pytest as the suite's identity, and return how each live test ended.

    Raises SystemExit if pytest does not run the tests: the sum would silently lack them.
    """
    found = dict[str, Sequence[str]]()
    plugins = [f"-p{each}" for each in ("tests.azure_sdk.pytest_live", *suite.plugins)]
    for each in [arguments] if arguments else suite.runs:
        ended = tests.parent / "ended.json"
        done = subprocess.run(
            [python, "-m", "pytest", *plugins, *OPTIONS, *each],
            cwd=tests,
            env={**environment(suite, sandbox, SNAPSHOT), "KEYLESS_SDK_ENDED": str(ended)},
            check=False,
        )
        if done.returncode not in _RAN:
            sys.exit(f"pytest ended with status {done.returncode}, and its output above says why.")
        found |= json.loads(ended.read_text("utf-8"))
    return [Result(name, *each) for name, each in sorted(found.items())]


if __name__ == "__main__":
    os.chdir(PROJECT)
    sys.exit(main(sys.argv[1:]))
