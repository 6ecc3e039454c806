"""The page on which a person enters a code: the key is required."""

import pytest

from sandbox.testing.token_factory import claims_of
from tests.sandbox.entra.desk import DEVELOPER, OPERATOR, Desk
from tests.sandbox.entra.forge import Tenant


@pytest.fixture
def desk(tenant: Tenant) -> Desk:
    return Desk(tenant)


def entered(desk: Desk, code: str, **more: str) -> tuple[int, str]:
    form = {"code": code, "who": "developer", "key": desk.sign_in.key, "answer": "approve"}
    status, text, _ = desk.on_page("POST", "/device", data=form | more)
    return status, text


def test_an_entered_code_signs_in_the_account_of_the_page(desk: Desk) -> None:
    for who in (DEVELOPER, OPERATOR):
        codes = desk.begin()
        status, text = entered(desk, f" {codes['user_code'].lower()} ", who=who.name)
        assert status == 200
        assert f"You have signed in as the {who.name}." in text
        assert claims_of(desk.poll(codes)[1]["access_token"])["oid"] == who.principal_id


@pytest.mark.parametrize("key", ["", "guessed", "é"])
def test_without_the_key_no_code_is_approved(desk: Desk, key: str) -> None:
    codes = desk.begin()
    status, text = entered(desk, codes["user_code"], key=key)
    assert status == 403
    assert "./keyless sign-in prints it" in text
    assert desk.sign_in.key not in text
    assert desk.poll(codes)[1]["error"] == "authorization_pending"
    assert desk.book.refusals == ["the key is wrong or missing"]
    assert entered(desk, codes["user_code"])[0] == 200


def test_neither_the_program_nor_the_bare_page_gets_the_key(desk: Desk) -> None:
    assert desk.sign_in.key not in str(desk.begin())
    assert desk.sign_in.key not in desk.on_page("GET", "/device")[1]
    assert desk.sign_in.key not in repr(desk.sign_in)


def test_a_code_may_be_declined(desk: Desk) -> None:
    codes = desk.begin()
    assert "You have declined" in entered(desk, codes["user_code"], answer="decline")[1]
    assert desk.poll(codes)[1]["error"] == "authorization_declined"


def test_a_mistyped_code_is_reported_and_stays_in_its_field(desk: Desk) -> None:
    status, text = entered(desk, "WRONG")
    assert status == 404
    assert "Nothing waits for the code WRONG." in text
    assert 'value="WRONG"' in text
    assert 'role="alert"' in text


def test_an_unknown_user_cannot_be_chosen(desk: Desk) -> None:
    codes = desk.begin()
    assert entered(desk, codes["user_code"], who="thumbnailer")[0] == 400
    assert desk.poll(codes)[1]["error"] == "authorization_pending"


def test_a_terminal_gets_the_sentence_alone(desk: Desk) -> None:
    codes = desk.begin()
    form = {"code": codes["user_code"], "who": "developer", "key": desk.sign_in.key}
    headers = {"Accept": "text/plain"}
    status, text, _ = desk.on_page("POST", "/device", data=form, headers=headers)
    assert (status, text[:33]) == (200, "You have signed in as the develop")


def test_the_address_may_hold_the_code_and_the_key_and_leaks_neither(desk: Desk) -> None:
    path = f"/device?code=ABCDEFGHJ&key={desk.sign_in.key}"
    status, text, headers = desk.on_page("GET", path)
    assert status == 200
    assert 'value="ABCDEFGHJ"' in text
    assert 'type="password"' not in text
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_typed_text_never_becomes_markup(desk: Desk) -> None:
    markup = '"><script>alert(1)</script>'
    for text in (
        desk.on_page("GET", "/device", params={"code": markup})[1],
        entered(desk, markup)[1],
    ):
        assert "<script>" not in text
        assert "&lt;script&gt;" in text or "&lt;SCRIPT&gt;" in text


def test_the_page_says_that_it_is_not_microsofts(desk: Desk) -> None:
    text = desk.on_page("GET", "/device")[1]
    assert "no password of yours belongs here" in text
