"""A terminal that is not UTF-8 gets replacements for the characters that it lacks."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from sandbox.state import PROJECT
from tests.conftest import Running, keyless, up

# Python takes the C locale for UTF-8, if nobody tells it otherwise (PEP 538, PEP 540).
TRULY_ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LATIN = {"PYTHONIOENCODING": "latin-1"}
POSIX = {"LC_ALL": "POSIX"}

each_terminal = pytest.mark.parametrize(
    ("terminal", "encoding", "mark"),
    [(TRULY_ASCII, "ascii", "+"), (LATIN, "latin-1", "+"), (POSIX, "utf-8", "✓")],
)


@each_terminal
@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["--help"],
        ["trace"],
        ["access"],
        ["assumptions"],
        ["doctor", "gateway"],
        ["explain", "gateway", "blobs/add", "containers/originals"],
    ],
)
def test_every_command_writes_on_it(
    sandbox: Running, terminal: dict[str, str], encoding: str, mark: str, command: list[str]
) -> None:
    done = keyless(sandbox.state.root, *command, encoding=encoding, **terminal)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    if command[0] in {"doctor", "explain"}:
        assert done.stdout.splitlines()[command[0] == "doctor"].startswith(mark)


PRINTS = """
from cli.terminal import replace_unencodable
from cli.terminal import print_json
replace_unencodable()
print_json({"said": "\u00e9\u2713\U0001f511"})
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox of its own: doctor judges by what other tests were refused within the hour."""
    with up(tmp_path_factory.mktemp("sandbox")) as one:
        yield one


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_keeps_every_letter(encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRINTS],
        cwd=PROJECT,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        encoding=encoding,
        check=True,
    )
    assert json.loads(done.stdout) == {"said": "\u00e9\u2713\U0001f511"}
    assert ("\\u00e9" in done.stdout) == (encoding != "utf-8")


def test_an_error_that_names_a_file_of_another_encoding_is_one_sentence(sandbox: Running) -> None:
    file = b"/nowhere/\xff\xe9".decode("utf-8", "surrogateescape")
    done = keyless(sandbox.state.root, "doctor", "--env-file", file, encoding="latin-1")
    assert done.stderr.startswith("keyless: ")
    assert "/nowhere/ÿé" in done.stderr
