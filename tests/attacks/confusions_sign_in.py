"""Attacks on the sign-in of people, each with its test and its guard."""

from tests.attacks.attack import Attack

_TESTS, _CODE = "tests/sandbox/entra", "sandbox/entra"


def _at(attack: str, test: str, module: str, guard: str, without: str) -> Attack:
    return Attack(attack, f"{_TESTS}/test_{test}", f"{_CODE}/{module}.py", guard, without)


SIGN_IN = (
    _at(
        "a service that approves a sign-in of its own",
        "page.py::test_without_the_key_no_code_is_approved[guessed]",
        "page",
        '    if not sign_in.has_key(form.get("key", "").strip()):\n',
        "    if False:\n",
    ),
    _at(
        "markup in a code that is entered",
        "page.py::test_typed_text_never_becomes_markup",
        "page",
        "autoescape=True",
        "autoescape=False",
    ),
    _at(
        "a device code used twice",
        "sign_in.py::test_a_device_code_is_good_for_one_sign_in",
        "device_codes",
        "        del self._waiting[key]\n",
        "",
    ),
    _at(
        "a device code after its time",
        "sign_in.py::test_a_code_ends_after_a_quarter_of_an_hour",
        "device_codes",
        "        return self._clock() >= waiting.expires_at\n",
        "        return False\n",
    ),
    _at(
        "a code that was declined, approved after all",
        "sign_in.py::test_a_code_that_was_answered_is_not_answered_again",
        "device_codes",
        "waiting.user_code == wanted and not decided",
        "waiting.user_code == wanted",
    ),
    _at(
        "another program's refresh token",
        "sign_in.py::test_another_programs_refresh_token_is_of_no_use",
        "refresh_tokens",
        "        if owner != client_id:\n",
        "        if False:\n",
    ),
    _at(
        "a refresh token that was left alone for 90 days",
        "sign_in.py::test_a_refresh_token_ends_when_it_is_not_used_for_90_days",
        "refresh_tokens",
        "        if self._clock() - issued_at >= LIFETIME:\n",
        "        if False:\n",
    ),
    _at(
        "a refresh token of a deleted user",
        "sign_in.py::test_a_refresh_token_of_a_removed_user_gives_nothing",
        "sign_in",
        "            if each.principal_id == principal_id:\n",
        "            if each:\n",
    ),
    _at(
        "a sign-in while nothing can be put on record",
        "sign_in.py::test_a_token_that_cannot_be_put_on_record_is_not_given_out",
        "sign_in",
        "        self.ledger.issued(user.name, user.principal_id, token, SERVICE)\n",
        "",
    ),
)
