"""A stand-in for the Azure CLI with the two commands that AzureCliCredential needs.

    az login --use-device-code
    az account get-access-token --output json (--resource R | --scope S) [--tenant T]

The `az` script in the state folder runs it (`python -I fake_az.py ARGUMENT...`). It imports nothing
of the sandbox, and reaches it as the Azure CLI does: by the proxy and CA file in its environment.
"""

import argparse
import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from msal import PublicClientApplication
from msal_extensions import FilePersistence, PersistedTokenCache

_AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
_AUTHORITY = "https://login.microsoftonline.com/organizations"
_MANAGEMENT = "https://management.core.windows.net/"
# Without both, a sign-in could go to real Azure, or into the user's own profile.
_NEEDED = ("AZURE_CONFIG_DIR", "HTTPS_PROXY")
_CACHE = "stand_in_token_cache.json"


def main(arguments: list[str]) -> None:
    """Run the command in `arguments`, or fail with a message that this is a stand-in."""
    os.umask(0o077)
    asked = _parser().parse_args(arguments)
    for name in _NEEDED:
        if not os.environ.get(name):
            _fail(f"{name} is not set: this stand-in signs in to Keyless's sandbox alone.")
    path = Path(os.environ["AZURE_CONFIG_DIR"]) / _CACHE
    cache = PersistedTokenCache(FilePersistence(str(path)))
    if asked.command != "login" and not path.exists():
        _fail("Please run 'az login' to setup account.")
    app = PublicClientApplication(_AZURE_CLI, authority=_AUTHORITY, token_cache=cache)
    if asked.command == "login":
        _login(app)
    else:
        _get_access_token(app, asked.scope or f"{asked.resource}/.default")


def _login(app: PublicClientApplication) -> None:
    flow = app.initiate_device_flow([f"{_MANAGEMENT}/.default"])
    if "message" not in flow:
        _fail(flow.get("error_description", "no device code was given"))
    print(flow["message"], file=sys.stderr, flush=True)
    for account in app.get_accounts():
        app.remove_account(account)
    _checked(app.acquire_token_by_device_flow(flow))


def _get_access_token(app: PublicClientApplication, scope: str) -> None:
    accounts = app.get_accounts()
    if not accounts:
        _fail("Please run 'az login' to setup account.")
    token = _checked(app.acquire_token_silent_with_error([scope], accounts[0]))
    expires_on = int(time.time()) + int(token["expires_in"])
    answer = {
        "accessToken": token["access_token"],
        "expiresOn": datetime.fromtimestamp(expires_on).strftime("%Y-%m-%d %H:%M:%S.%f"),
        "expires_on": expires_on,
        "tenant": accounts[0]["home_account_id"].partition(".")[2],
        "tokenType": token["token_type"],
    }
    print(json.dumps(answer, indent=2))


def _checked(result: dict[str, Any] | None) -> dict[str, Any]:
    if result is None or "access_token" not in result:
        described = (result or {}).get("error_description", "there is no sign-in")
        _fail(f"{described}\nInteractive authentication is needed. Please run:\naz login")
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="az", description="Keyless's stand-in for the Azure CLI: it has these commands alone."
    )
    groups = parser.add_subparsers(required=True, dest="command", metavar="login | account")
    login = groups.add_parser("login", help="sign in to the sandbox")
    login.add_argument("--use-device-code", action="store_true", required=True)
    account = groups.add_parser("account").add_subparsers(required=True, metavar="COMMAND")
    token = account.add_parser("get-access-token", help="as AzureCliCredential calls it")
    token.add_argument("--output", "-o", choices=["json"], default="json")
    token.add_argument("--tenant")
    what = token.add_mutually_exclusive_group()
    what.add_argument("--resource", default=_MANAGEMENT)
    what.add_argument("--scope")
    return parser


def _fail(sentence: str) -> NoReturn:
    print(f"ERROR: {sentence}", file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
