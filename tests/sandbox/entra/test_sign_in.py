"""The sign-in of a person by device code: codes, tokens, refresh tokens, and their refusals."""

import json
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest

from sandbox.entra import BLOB, BUS, Lifetimes, RefreshTokens, TokenRefused, blob_audiences
from sandbox.entra.claims import AZURE_CLI
from sandbox.entra.device_codes import LIFETIME
from sandbox.entra.issuer import USER_LIFETIME
from sandbox.entra.refresh_tokens import LIFETIME as REFRESHABLE
from sandbox.state import State
from sandbox.testing.token_factory import claims_of
from tests.sandbox.entra.desk import DEVELOPER, OPERATOR, SCOPE, Desk
from tests.sandbox.entra.forge import TENANT, Tenant

OTHER_CLIENT = "55555555-0000-4000-8000-000000000000"


@pytest.fixture
def desk(tenant: Tenant) -> Desk:
    return Desk(tenant)


def test_a_program_gets_two_codes_and_a_sentence_for_the_person(desk: Desk) -> None:
    codes = desk.begin()
    assert (codes["expires_in"], codes["interval"]) == (900, 1)
    assert codes["verification_uri"] in codes["message"]
    assert f"enter the code {codes['user_code']} to authenticate" in codes["message"]
    assert codes["device_code"] not in codes["message"]


def test_a_program_that_polls_goes_on_until_the_user_answers(desk: Desk) -> None:
    codes = desk.begin()
    status, found = desk.poll(codes)
    assert (status, found["error"], found["error_codes"]) == (400, "authorization_pending", [70016])
    desk.sign_in.codes.approve(codes["user_code"].lower(), DEVELOPER)
    assert desk.poll(codes)[0] == 200


def test_the_access_token_is_the_users_and_for_the_requested_resource(desk: Desk) -> None:
    found = desk.signed_in()
    claims = claims_of(found["access_token"])
    assert (claims["aud"], claims["iss"]) == (BLOB, f"https://sts.windows.net/{TENANT}/")
    assert (claims["idtyp"], claims["oid"]) == ("user", DEVELOPER.principal_id)
    assert (claims["appid"], claims["scp"]) == (AZURE_CLI, "user_impersonation")
    assert claims["upn"] == "developer@keyless.example"
    assert claims["exp"] - desk.tenant.now == found["expires_in"] <= 90 * 60
    verifier = desk.tenant.verifier(blob_audiences("a.blob.core.windows.net"))
    assert verifier.verify(found["access_token"]).principal_id == DEVELOPER.principal_id
    assert desk.book.tokens == [("developer", BLOB)]


def test_the_id_token_and_client_info_name_the_account(desk: Desk) -> None:
    found = desk.signed_in(OPERATOR)
    claims = claims_of(found["id_token"])
    assert (claims["aud"], claims["ver"], claims["tid"]) == (AZURE_CLI, "2.0", TENANT)
    assert claims["preferred_username"] == "operator@keyless.example"
    info = found["client_info"] + "=" * (-len(found["client_info"]) % 4)
    assert json.loads(urlsafe_b64decode(info)) == {"uid": OPERATOR.principal_id, "utid": TENANT}


def test_an_id_token_opens_no_service(desk: Desk) -> None:
    found = desk.signed_in()
    with pytest.raises(TokenRefused):
        desk.tenant.verifier([BLOB, AZURE_CLI]).verify(found["id_token"])
    assert desk.tenant.verifier([BLOB]).verify(found["access_token"])


def test_service_bus_keeps_the_slash_that_its_sdk_asks_for(desk: Desk) -> None:
    found = desk.signed_in(scope="https://servicebus.azure.net//.default")
    assert claims_of(found["access_token"])["aud"] == f"{BUS}/"


def test_a_device_code_is_good_for_one_sign_in(desk: Desk) -> None:
    codes = desk.begin()
    desk.sign_in.codes.approve(codes["user_code"], DEVELOPER)
    assert desk.poll(codes)[0] == 200
    status, found = desk.poll(codes)
    assert (status, found["error"]) == (400, "bad_verification_code")


def test_a_code_that_was_declined_gives_nothing(desk: Desk) -> None:
    codes = desk.begin()
    desk.sign_in.codes.decline(codes["user_code"])
    status, found = desk.poll(codes)
    assert (status, found["error"]) == (400, "authorization_declined")
    assert "access_token" not in found


def test_a_code_that_was_answered_is_not_answered_again(desk: Desk) -> None:
    codes = desk.begin()
    desk.sign_in.codes.decline(codes["user_code"])
    with pytest.raises(LookupError, match="Nothing waits"):
        desk.sign_in.codes.approve(codes["user_code"], OPERATOR)


def test_a_code_ends_after_a_quarter_of_an_hour(desk: Desk) -> None:
    codes, late = desk.begin(), desk.begin()
    desk.tenant.now += LIFETIME - 1
    desk.sign_in.codes.approve(codes["user_code"], DEVELOPER)
    assert desk.poll(codes)[0] == 200
    desk.tenant.now += 1
    with pytest.raises(LookupError, match="has expired"):
        desk.sign_in.codes.approve(late["user_code"], DEVELOPER)
    status, found = desk.poll(late)
    assert (status, found["error"], found["error_codes"]) == (400, "expired_token", [70020])


def test_a_code_that_waits_is_forgotten_for_none_that_was_guessed(desk: Desk) -> None:
    codes = desk.begin()
    guess = {"device_code": "A" * 64}
    assert desk.poll(guess)[1]["error"] == "bad_verification_code"
    assert desk.poll(codes)[1]["error"] == "authorization_pending"


def test_when_too_many_wait_a_new_one_is_refused_and_those_that_wait_go_on(desk: Desk) -> None:
    first = desk.begin()
    for _ in range(499):
        desk.sign_in.codes.begin(AZURE_CLI, SCOPE)
    status, refused = desk.post("devicecode", client_id=AZURE_CLI, scope=SCOPE)
    assert (status, refused["error"]) == (503, "temporarily_unavailable")
    assert refused["error_codes"] == [90033]
    assert "500 sign-ins by device code wait" in desk.book.refusals[-1]
    desk.sign_in.codes.approve(first["user_code"], DEVELOPER)
    assert desk.poll(first)[0] == 200
    assert "user_code" in desk.begin(), "the one that has signed in waits no more"


def test_an_expired_sign_in_makes_room(desk: Desk) -> None:
    for _ in range(500):
        desk.sign_in.codes.begin(AZURE_CLI, SCOPE)
    desk.tenant.now += LIFETIME
    assert "user_code" in desk.begin()


@pytest.mark.parametrize(
    "body",
    ["&".join(f"a{number}=" for number in range(65)), b"\xff=1"],
    ids=["too many fields", "bytes that are no text"],
)
def test_a_form_that_no_client_would_send_has_no_fields(desk: Desk, body: str | bytes) -> None:
    types = {"Content-Type": "application/x-www-form-urlencoded"}
    path = "/organizations/oauth2/v2.0/token"
    status, found, _ = desk.ask("POST", path, data=body, headers=types)
    assert (status, found["error"]) == (400, "invalid_request")


def test_a_form_is_url_encoded_and_no_longer_than_64_kb(desk: Desk) -> None:
    path, types = "/device", {"Content-Type": "application/x-www-form-urlencoded"}
    form = f"key={desk.sign_in.key}&code=x&who=developer"
    assert desk.on_page("POST", path, data=form, headers=types)[0] == 404
    multipart = {"Content-Type": "multipart/form-data; boundary=b"}
    assert desk.on_page("POST", path, data=form, headers=multipart)[0] == 403
    assert desk.on_page("POST", path, data=form.ljust(65_537, "x"), headers=types)[0] == 413
    where = "/organizations/oauth2/v2.0/token"
    assert desk.ask("POST", where, data=form.ljust(65_537, "x"), headers=types)[0] == 413


def test_a_refresh_token_gives_tokens_for_another_service_and_a_new_one_of_its_kind(
    desk: Desk,
) -> None:
    first = desk.signed_in()
    status, found = desk.refresh(first["refresh_token"], "https://vault.azure.net/.default")
    assert status == 200
    assert claims_of(found["access_token"])["aud"] == "https://vault.azure.net"
    assert claims_of(found["access_token"])["oid"] == DEVELOPER.principal_id
    assert found["refresh_token"] != first["refresh_token"]
    assert desk.refresh(found["refresh_token"])[0] == 200


def test_a_refresh_token_ends_when_it_is_not_used_for_90_days(desk: Desk) -> None:
    token = desk.signed_in()["refresh_token"]
    desk.tenant.now += REFRESHABLE - 1
    assert desk.refresh(token)[0] == 200
    desk.tenant.now += 1
    status, found = desk.refresh(token)
    assert (status, found["error"], found["error_codes"]) == (400, "invalid_grant", [700082])
    assert found["suberror"] == "bad_token"


@pytest.mark.parametrize("change", [lambda each: each[:-4], lambda each: "1.AAAA", str.swapcase])
def test_a_refresh_token_that_is_not_ours_gives_nothing(desk: Desk, change: object) -> None:
    token = desk.signed_in()["refresh_token"]
    assert callable(change)
    status, found = desk.refresh(change(token))
    assert (status, found["error"], found["error_codes"]) == (400, "invalid_grant", [70000])
    assert desk.refresh(token)[0] == 200
    assert desk.book.refusals == [
        "AADSTS70000: Authentication failed: Refresh Token is malformed or invalid."
    ]


def test_a_refresh_token_of_a_removed_user_gives_nothing(desk: Desk) -> None:
    token = desk.signed_in()["refresh_token"]
    assert desk.refresh(token)[0] == 200
    desk.sign_in.users = [OPERATOR]
    assert desk.refresh(token)[1]["error_codes"] == [50034]


def test_another_programs_refresh_token_is_of_no_use(desk: Desk) -> None:
    token = desk.sign_in.refresh_tokens.issue(DEVELOPER.principal_id, OTHER_CLIENT)
    assert desk.refresh(token)[1]["error_codes"] == [70000]


def test_only_the_azure_cli_signs_people_in(desk: Desk) -> None:
    found = desk.begin(client_id=OTHER_CLIENT)
    assert (found["error"], found["error_codes"]) == ("unauthorized_client", [700016])
    codes = desk.begin()
    desk.sign_in.codes.approve(codes["user_code"], DEVELOPER)
    assert desk.poll(codes, client_id=OTHER_CLIENT)[1]["error_codes"] == [700016]
    assert desk.poll(codes)[0] == 200


@pytest.mark.parametrize(
    ("scope", "number"),
    [
        ("", 900144),
        ("openid offline_access", 900144),
        (f"{SCOPE} https://vault.azure.net/.default", 70011),
        ("user_impersonation", 70011),
        ("https://database.windows.net//.default", 500011),
    ],
)
def test_a_token_is_for_one_service_that_is_known(desk: Desk, scope: str, number: int) -> None:
    assert desk.begin(scope=scope)["error_codes"] == [number]
    token = desk.signed_in()["refresh_token"]
    assert desk.refresh(token, scope)[1]["error_codes"] == [number]


@pytest.mark.parametrize("grant", ["client_credentials", "password", "authorization_code", ""])
def test_there_is_no_other_way_to_sign_in(desk: Desk, grant: str) -> None:
    form = {"client_id": AZURE_CLI, "scope": SCOPE, "username": "developer", "password": "x"}
    status, found = desk.post("token", grant_type=grant, **form)
    assert (status, found["error_codes"]) == (400, [70003 if grant else 900144])
    assert "access_token" not in found


@pytest.mark.parametrize("what", ["devicecode", "token"])
def test_another_tenants_users_are_unknown(desk: Desk, what: str) -> None:
    status, found = desk.post(what, tenant="contoso.com", client_id=AZURE_CLI, scope=SCOPE)
    assert (status, found["error_codes"]) == (400, [90002])


def test_a_token_that_cannot_be_put_on_record_is_not_given_out(desk: Desk) -> None:
    token = desk.signed_in()["refresh_token"]
    desk.book.full = True
    status, found = desk.refresh(token)
    assert (status, found["error"]) == (503, "temporarily_unavailable")
    assert "access_token" not in found


def test_a_browser_that_is_sent_to_sign_in_comes_to_the_sandbox_and_not_to_entra(
    desk: Desk,
) -> None:
    path = "/organizations/v2.0/.well-known/openid-configuration"
    _, found, _ = desk.ask("GET", path)
    assert found["authorization_endpoint"] == desk.sign_in.page
    base = "https://login.microsoftonline.com/organizations/oauth2/v2.0"
    assert found["token_endpoint"] == f"{base}/token"
    assert found["device_authorization_endpoint"] == f"{base}/devicecode"


def test_entra_says_which_names_are_its_own(desk: Desk) -> None:
    path = "/common/discovery/instance?api-version=1.1&authorization_endpoint="
    ours = "https://login.microsoftonline.com/common/oauth2/authorize"
    status, found, _ = desk.ask("GET", path + ours)
    assert status == 200
    assert "login.microsoftonline.com" in found["metadata"][0]["aliases"]
    for odd in (
        "https://login.example/common/oauth2/authorize",
        "http://login.microsoftonline.com/common/oauth2/authorize",
        "https://login.microsoftonline.com/",
        "https://[/common/oauth2/authorize",
        "",
    ):
        status, found, _ = desk.ask("GET", path + odd)
        assert (status, found["error"]) == (400, "invalid_instance")


@pytest.mark.parametrize("whose", ["common", TENANT])
def test_discovery_goes_on_at_the_tenant_that_was_asked_for(desk: Desk, whose: str) -> None:
    asked = f"https://login.microsoftonline.com/{whose}/oauth2/v2.0/authorize"
    path = f"/common/discovery/instance?api-version=1.1&authorization_endpoint={asked}"
    _, found, _ = desk.ask("GET", path)
    endpoint = found["tenant_discovery_endpoint"]
    assert endpoint == (
        f"https://login.microsoftonline.com/{whose}/v2.0/.well-known/openid-configuration"
    )
    status, _, _ = desk.ask("GET", endpoint.removeprefix("https://login.microsoftonline.com"))
    assert status == 200


def test_a_clients_own_name_for_a_request_is_in_the_answer(desk: Desk) -> None:
    path = "/organizations/oauth2/v2.0/token"
    form = {"client_id": OTHER_CLIENT}
    _, found, _ = desk.ask("POST", path, data=form, headers={"client-request-id": "mine"})
    assert found["correlation_id"] == "mine"
    assert "Correlation ID: mine" in found["error_description"]


def test_tokens_are_not_kept_by_anything_on_their_way(desk: Desk) -> None:
    token = desk.signed_in()["refresh_token"]
    form = {"client_id": AZURE_CLI, "grant_type": "refresh_token", "refresh_token": token}
    path = "/organizations/oauth2/v2.0/token"
    _, _, headers = desk.ask("POST", path, data=form | {"scope": SCOPE})
    assert headers["Cache-Control"] == "no-store, no-cache"


def test_the_key_of_refresh_tokens_is_the_users_own_file(tmp_path: Path) -> None:
    state = State.open(tmp_path / "state")
    token = RefreshTokens.kept_in(state).issue("me", AZURE_CLI)
    assert RefreshTokens.kept_in(state).holder(token, AZURE_CLI) == "me"
    [key] = [each for each in state.root.iterdir() if each.name == "refresh-token.key"]
    assert key.stat().st_mode & 0o777 == 0o600
    other = RefreshTokens.kept_in(State.open(tmp_path / "other"))
    with pytest.raises(Exception, match="malformed"):
        other.holder(token, AZURE_CLI)


def test_a_broken_key_file_is_named(tmp_path: Path) -> None:
    state = State.open(tmp_path / "state")
    state.write("refresh-token.key", b"not a key")
    with pytest.raises(ValueError, match=r"refresh-token\.key is broken"):
        RefreshTokens.kept_in(state)


def test_a_users_token_lives_as_long_as_is_set(desk: Desk) -> None:
    assert desk.signed_in()["expires_in"] == USER_LIFETIME
    desk.tenant.issuer.lifetimes = Lifetimes(360, 360)
    found = desk.signed_in()
    assert (found["expires_in"], found["ext_expires_in"]) == (360, 360)
    assert claims_of(found["access_token"])["exp"] == desk.tenant.now + 360
