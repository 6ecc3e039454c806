import logging
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from azure.identity import AuthenticationRecord, AuthenticationRequiredError

from local.identity_endpoint.sign_in import NotSignedInError, SignIn, open_credential, prompt
from tests.conftest import Running
from tests.local.identity_endpoint.conftest import RECORD, STORAGE, Endpoint, eventually

SCOPE = f"{STORAGE}/.default"


def test_a_sign_in_is_kept_for_the_next_start(signed_in: Endpoint) -> None:
    kept = AuthenticationRecord.deserialize(signed_in.record.read_text())
    assert kept.username == RECORD.username
    assert stat.S_IMODE(signed_in.record.stat().st_mode) == 0o600


def test_a_code_that_expires_is_followed_by_another(endpoint: Endpoint) -> None:
    endpoint.developer.declines = 2
    endpoint.developer.here.set()
    eventually(lambda: endpoint.sign_in.signed_in)
    assert endpoint.developer.asked == 3


def test_a_sign_in_that_ends_is_asked_for_again(signed_in: Endpoint) -> None:
    signed_in.developer.here.clear()
    signed_in.developer.known = False
    with pytest.raises(NotSignedInError, match="has expired"):
        signed_in.sign_in.token(SCOPE)
    with pytest.raises(NotSignedInError, match="there is no sign-in"):
        signed_in.sign_in.token(SCOPE)
    signed_in.developer.here.set()
    eventually(lambda: signed_in.sign_in.signed_in)
    assert signed_in.sign_in.token(SCOPE).token
    assert signed_in.developer.asked == 2


def test_tokens_are_asked_for_one_at_a_time(signed_in: Endpoint) -> None:
    """The cache's file is read as empty while another thread writes it."""
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(signed_in.sign_in.token, [SCOPE] * 8))
    assert not signed_in.developer.met
    assert {each.token for each in found} == {f"token for {SCOPE}"}


def test_the_prompt_names_the_address_and_the_code() -> None:
    said: list[str] = []
    prompt(said.append)(
        "https://login.example/device", "AB-12", datetime(2026, 1, 1, 9, 5, tzinfo=UTC)
    )
    assert said == [
        "To sign in, open https://login.example/device and enter the code AB-12 (until 09:05 UTC)."
    ]


def test_the_sdk_does_not_call_a_sign_in_that_is_asked_for_a_failure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    credential = open_credential("organizations", tmp_path / "record.json")
    with pytest.raises(AuthenticationRequiredError):
        credential.get_token(SCOPE)
    assert caplog.records == []


def test_the_sdk_still_warns_of_every_other_failure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    credential = open_credential("organizations", tmp_path / "record.json")
    with pytest.raises(ValueError, match="at least one scope"):
        credential.get_token()
    [warning] = caplog.records
    assert (warning.levelno, "get_token failed" in warning.message) == (logging.WARNING, True)


def test_a_real_sign_in_by_device_code_outlives_the_endpoint(
    sandbox: Running,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The SDK's credential at the sandbox's Entra; the developer answers by `./keyless sign-in`."""
    for name in sandbox.act_as("gateway", monkeypatch):
        if name.startswith(("AZURE_", "IDENTITY_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    record, said, before = tmp_path / "record.json", "", len(sandbox.audit())
    first = SignIn(open_credential("organizations", record), record)
    first.start()

    def asked() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return "enter the code" in said

    eventually(asked)
    code = re.search(r"enter the code (\S+)", said)
    assert code
    answered = sandbox.run("sign-in", code[1], "--as", "developer")
    assert answered.returncode == 0, answered.stderr
    eventually(lambda: first.signed_in)
    token = first.token(SCOPE)
    first.stop()
    assert "developer" in {each.identity for each in sandbox.audit()[before:]}

    second = SignIn(open_credential("organizations", record), record)
    second.start()
    eventually(lambda: second.signed_in)
    second.stop()
    assert second.token(SCOPE).token
    assert token.token
    assert "enter the code" not in capsys.readouterr().out
    private = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert private
    assert {stat.S_IMODE(each.stat().st_mode) & 0o077 for each in private} == {0}
