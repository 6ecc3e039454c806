"""The two SDKs of lab 9: a cache for each credential in Python, one for the process in Node."""

import sys

import pytest

from cli.lab.course import read_course
from sandbox.storage.installation import SHIPPED, find_node
from tests.conftest import Running

IN_JAVASCRIPT = read_course()[9].folder / "start" / "tokens.cjs"
IN_PYTHON = """
import os
from azure.identity import ManagedIdentityCredential
for _ in range(10):
    with ManagedIdentityCredential(client_id=os.environ["AZURE_CLIENT_ID"]) as one:
        one.get_token("https://storage.azure.com/.default")
"""


@pytest.mark.parametrize(
    ("command", "tokens"),
    [((sys.executable, "-c", IN_PYTHON), "10 tokens"), ((find_node(), IN_JAVASCRIPT), "1 token")],
    ids=["python", "javascript"],
)
def test_ten_credentials_ask_for_as_many_tokens_as_their_sdk_has_caches(
    sandbox: Running, command: tuple[object, ...], tokens: str
) -> None:
    modules = str(SHIPPED / "node_modules")
    done = sandbox.run("as", "gateway", "--", *map(str, command), NODE_PATH=modules)
    assert f"as gateway: {tokens}, 0 allowed, 0 denied, 0 refused." in done.stderr
