"""The reason of a crash: the last error, and the remedy for a broken installation."""

import json

import pytest

from sandbox.supervisor.exit_reason import exit_reason

# As node 20 and gunicorn 27 said it, with a file taken away or cut.
NO_MODULE = """\
node:internal/modules/cjs/loader:1210
  throw err;
  ^

Error: Cannot find module 'express'
Require stack:
- /home/me/keyless/sandbox/storage/azurite/node_modules/azurite/dist/src/blob/main.js
    at Module._resolveFilename (node:internal/modules/cjs/loader:1207:15) {
  code: 'MODULE_NOT_FOUND',
}

Node.js v20.20.2
"""
HALF_A_MODULE = """\
/home/me/keyless/sandbox/storage/azurite/node_modules/express/lib/express.js:46
    app: { configurable: true

SyntaxError: Unexpected end of input
    at wrapSafe (node:internal/modules/cjs/loader:1464:18)

Node.js v20.20.2
"""
OUR_OWN = """\
undefined:1
[["$BLOBS
  ^

SyntaxError: Unterminated string in JSON at position 9
    at JSON.parse (<anonymous>)
    at load (/home/me/keyless/sandbox/storage/azurite/node_modules/lokijs/src/lokijs.js:46:3)

Node.js v20.20.2
"""
TRACE = (
    "Traceback (most recent call last):\\n  File ...\\nImportError: cannot import name 'Image'\\n"
)
GUNICORN = "\n".join(
    json.dumps(each)
    for each in (
        {"message": "Booting worker with pid: 2360"},
        {"message": "Exception in worker process", "error": TRACE.replace("\\n", "\n")},
        {"message": "Worker exiting (pid: 2360)"},
        {"message": "Reason: Worker failed to boot."},
    )
)

NO_PORT = "\n".join(
    json.dumps({"message": each})
    for each in (
        "Connection in use: ('127.0.0.1', 41)",
        "connection to ('127.0.0.1', 41) failed: [Errno 98] Address already in use",
        "Can't connect to ('127.0.0.1', 41)",
    )
)


def whole() -> str:
    return ""


@pytest.mark.parametrize(
    ("written", "last"),
    [
        ("", ""),
        ("begun\nKeyError: 'x'\n", "KeyError: 'x'"),
        ('begun\n{"level": "ERROR", "message": "It failed"}\n', "It failed"),
        ("begun\n[1]\n", "[1]"),
        ("begun\n{}\n", "{}"),
        ("OSError: an old one\nnode: killed\n", "node: killed"),
        ("Node.js v20.20.2\n", "Node.js v20.20.2"),
        (GUNICORN, "ImportError: cannot import name 'Image'"),
        (NO_PORT, "connection to ('127.0.0.1', 41) failed: [Errno 98] Address already in use"),
        (OUR_OWN, "SyntaxError: Unterminated string in JSON at position 9"),
    ],
)
def test_they_are_the_last_line_or_the_error_before_one_that_says_nothing(
    written: str, last: str
) -> None:
    assert exit_reason(written, whole) == last


@pytest.mark.parametrize(
    ("written", "last"),
    [
        (NO_MODULE, "Error: Cannot find module 'express'; delete "),
        (HALF_A_MODULE, "SyntaxError: Unexpected end of input; delete "),
    ],
)
def test_a_package_of_npms_that_is_not_whole_comes_with_the_cure(written: str, last: str) -> None:
    assert exit_reason(written, whole).startswith(last)
    assert exit_reason(written, whole).endswith(" and run ./keyless again")


def test_a_python_package_that_is_not_whole_is_named() -> None:
    reason = exit_reason(GUNICORN, lambda: "PIL/Image.py of pillow is missing")
    assert reason == "ImportError: cannot import name 'Image'; PIL/Image.py of pillow is missing"
