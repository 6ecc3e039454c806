"""`./keyless set`: settings of a running sandbox, changed while it runs."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.audit import Outcome
from tests.conftest import Running, keyless

USUAL = {"token-lifetime": "default", "endpoint-cache": "on", "propagation": "0s"}
VAULT = "https://vault.azure.net"


@pytest.fixture
def changeable(sandbox: Running) -> Iterator[Running]:
    """The shared sandbox, with its usual settings before and after."""
    yield sandbox
    usual = [f"--{name}={value}" for name, value in USUAL.items()]
    assert sandbox.run("set", *usual).returncode == 0


def hand_out(sandbox: Running) -> tuple[str, float]:
    """Return a token of the gateway, and how long it lives from now on."""
    variables = sandbox.environment("gateway")
    query = {"api-version": "2019-08-01", "resource": VAULT}
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(
            variables["IDENTITY_ENDPOINT"],
            params={**query, "client_id": variables["AZURE_CLIENT_ID"]},
            headers={"X-IDENTITY-HEADER": variables["IDENTITY_HEADER"]},
            timeout=30,
        ).json()
    return answer["access_token"], int(answer["expires_on"]) - time.time()


def test_without_an_option_it_shows_the_settings_in_force(changeable: Running) -> None:
    assert json.loads(changeable.run("set", "--json").stdout)["settings"] == USUAL
    assert changeable.run("set").stdout == (
        "token-lifetime  default\nendpoint-cache  on\npropagation     0s\n"
    )


def test_a_change_holds_from_the_next_token_on_and_status_shows_it(changeable: Running) -> None:
    day, life = hand_out(changeable)
    assert life > 80_000
    assert hand_out(changeable)[0] == day
    done = changeable.run("set", "--token-lifetime", "6m", "--propagation", "40s")
    assert (done.returncode, done.stderr) == (0, "")
    short, life = hand_out(changeable)
    assert 0 < life <= 360
    assert hand_out(changeable)[0] == short != day
    assert changeable.run("set", "--endpoint-cache", "off").returncode == 0
    assert len({short, hand_out(changeable)[0], hand_out(changeable)[0]}) == 3
    until = time.monotonic() + 100
    while "endpoint-cache" not in changeable.report.settings and time.monotonic() < until:
        time.sleep(0.1)
    shown = changeable.run("status").stdout
    for each in ("token-lifetime=6m", "endpoint-cache=off", "propagation=40s"):
        assert f"set      {each}" in shown


def test_the_audit_tells_a_new_token_from_one_of_the_cache(changeable: Running) -> None:
    changeable.run("set", "--token-lifetime", "10m")
    before = len(changeable.audit())
    hand_out(changeable)
    hand_out(changeable)
    issued = [
        each
        for each in changeable.audit()[before:]
        if each.outcome is Outcome.ISSUED and each.resource == VAULT and each.identity == "gateway"
    ]
    assert [each.why for each in issued] == ["", "from the cache"]
    assert len({each.token_id for each in issued}) == 1


def test_a_life_within_the_sdks_margin_is_warned_of(changeable: Running) -> None:
    done = changeable.run("set", "--token-lifetime", "4m")
    assert done.returncode == 0
    assert "keyless: azure-identity counts a token with less than 5m left as expired" in done.stderr
    assert "it never uses a token of 4m twice" in done.stderr


@pytest.mark.parametrize("command", ["set", "up"])
@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--token-lifetime", "6"), "token-lifetime: '6' is no duration"),
        (("--endpoint-cache", "maybe"), "endpoint-cache is on or off, not 'maybe'."),
        (("--propagation", "2h"), "propagation: 2h is too long: the most is 1h."),
    ],
)
def test_a_wrong_value_is_refused_in_one_sentence(
    tmp_path: Path, command: str, option: tuple[str, str], sentence: str
) -> None:
    done = keyless(tmp_path, command, *option)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.startswith(f"keyless: {sentence}")
    assert done.stderr.count("\n") == 1
