"""A user's real sign-in never meets the sandbox, and the sandbox's sign-in never reaches Azure."""

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.audit import Outcome
from sandbox.state import PROJECT
from tests.azure_cli import Cli, at_home, real_az
from tests.conftest import Running, keyless

# The sandbox's own: of any other the Azure CLI would not even get as far as to show a token.
TENANT = "7e4a4700-0000-4000-8000-000000000000"
USER = "another@contoso.example"
CANARY = "canary-of-a-real-sign-in"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
TOKEN = ("account", "get-access-token", "--resource", "https://storage.azure.com")
APART = {"AZURE_CONFIG_DIR", "AZD_CONFIG_DIR"}
LED = {"HTTPS_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a profile such as `az login` leaves it; its refresh token is a canary."""
    azure = tmp_path / "home" / ".azure"
    azure.mkdir(parents=True)
    (azure / "azureProfile.json").write_text(json.dumps({"subscriptions": [subscription()]}))
    account, refresh = f"{USER}.{TENANT}", f"{USER}.{TENANT}-{AZURE_CLI}"
    common = {"home_account_id": account, "environment": "login.microsoftonline.com"}
    cache = {
        "Account": {
            account: {
                **common,
                "realm": TENANT,
                "local_account_id": USER,
                "username": USER,
                "authority_type": "MSSTS",
            }
        },
        "RefreshToken": {
            refresh: {
                **common,
                "credential_type": "RefreshToken",
                "client_id": AZURE_CLI,
                "secret": CANARY,
                "target": "",
                "family_id": "1",
            }
        },
    }
    (azure / "msal_token_cache.json").write_text(json.dumps(cache))
    return azure.parent


def subscription() -> dict[str, object]:
    return {
        "id": "88888888-0000-4000-8000-000000000000",
        "name": "Real",
        "state": "Enabled",
        "user": {"name": USER, "type": "user"},
        "isDefault": True,
        "tenantId": TENANT,
        "environmentName": "AzureCloud",
        "homeTenantId": TENANT,
    }


def contents(folder: Path) -> dict[str, bytes]:
    return {str(each): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def refused_by_login(sandbox: Running) -> int:
    """Return how often the sandbox's login got credentials of another tenant."""
    return sum(
        each.service == "login" and each.outcome is Outcome.REFUSED for each in sandbox.audit()
    )


def test_the_users_own_profile_is_neither_read_nor_written(
    sandbox: Running, home: Path, tmp_path: Path
) -> None:
    before, refused = contents(home), refused_by_login(sandbox)
    for arguments in (("status",), ("env", "developer"), ("sign-in",)):
        assert keyless(sandbox.state.root, *arguments, HOME=str(home)).returncode == 0
    variables = {**sandbox.environment("developer"), "AZURE_CONFIG_DIR": str(tmp_path / "ours")}
    cli = Cli(real_az(), at_home(home, variables))
    assert "az login" in cli.run(*TOKEN).stderr
    cli.log_in(sandbox)
    assert cli.run(*TOKEN).returncode == 0
    assert cli.run("account", "show", "--query", "user.name").stdout == (
        '"developer@keyless.example"\n'
    )
    assert {name: content for name, content in contents(home).items() if ".azure" in name} == before
    assert refused_by_login(sandbox) == refused


def test_without_its_own_folder_that_profile_would_have_met_the_sandbox(
    sandbox: Running, home: Path
) -> None:
    """The control of the test above: the canary can be heard, where it is not kept away."""
    refused = refused_by_login(sandbox)
    variables = {
        name: value for name, value in sandbox.environment("developer").items() if name not in APART
    }
    assert Cli(real_az(), at_home(home, variables)).run(*TOKEN).returncode != 0
    assert refused_by_login(sandbox) > refused
    assert CANARY not in sandbox.state.path("audit.jsonl").read_text()


@pytest.fixture
def started(tmp_path: Path, home: Path) -> Iterator[Path]:
    """A sandbox as the developer, started by a user with a real sign-in."""
    state = tmp_path / "state"
    options = ("up", "--detach", "--port", "0", "--as", "developer", "--approve")
    path = at_home(home, {}, real_az())["PATH"]
    done = keyless(state, *options, HOME=str(home), PATH=path)
    assert done.returncode == 0, done.stdout + done.stderr
    yield state
    keyless(state, "down")


def test_services_that_run_as_the_developer_know_no_home_but_the_sandboxs(
    home: Path, started: Path
) -> None:
    assert CANARY in (home / ".azure" / "msal_token_cache.json").read_text()
    assert len(contents(home)) == 2
    assert str(home) not in (started / "sandbox.json").read_text()


@pytest.mark.parametrize("who", ["developer", "gateway"])
def test_what_leads_to_the_sandbox_and_what_keeps_it_apart_are_always_set_together(
    sandbox: Running, who: str
) -> None:
    variables = sandbox.environment(who)
    assert variables.keys() >= APART | LED
    for name in APART:
        assert Path(variables[name]).is_relative_to(sandbox.state.root)


def test_without_that_folder_the_sandboxs_sign_in_is_not_found_and_nothing_is_asked(
    sandbox: Running, tmp_path: Path
) -> None:
    """A shell that never was in the developer's shoes: nothing of the sandbox goes to Azure."""
    variables = sandbox.environment("developer")
    Cli(real_az(), at_home(tmp_path, variables)).log_in(sandbox)
    elsewhere = {"HTTPS_PROXY": "http://127.0.0.1:9"}  # whatever is asked for fails
    outside = Cli(real_az(), at_home(tmp_path, elsewhere)).run(*TOKEN)
    assert outside.returncode != 0
    assert "az login" in outside.stderr
    assert Cli(real_az(), at_home(tmp_path, variables)).run(*TOKEN).returncode == 0


def test_who_changes_from_a_service_to_the_developer_keeps_nothing_of_the_service(
    sandbox: Running,
) -> None:
    env = f"{shlex.quote(str(PROJECT / 'keyless'))} env --state {sandbox.state.root}"
    left = '"${IDENTITY_ENDPOINT-}${IDENTITY_HEADER-}${AZURE_CLIENT_ID-}"'
    script = (
        f'eval "$({env} gateway)"; test -n {left}; '
        f'eval "$({env} developer)"; echo "[${{AZURE_TOKEN_CREDENTIALS}}]"{left}'
    )
    done = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[AzureCliCredential]"
