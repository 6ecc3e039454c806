"""Attacks on the trust in outside issuers, each with its test and its guard."""

from tests.attacks.attack import Attack

_TESTS, _CODE = "tests/sandbox/entra", "sandbox/entra"
_REFUSED = "federation.py::test_a_token_that_is_not_trusted_is_refused_by_name"


def _at(attack: str, test: str, module: str, guard: str, without: str) -> Attack:
    return Attack(attack, f"{_TESTS}/test_{test}", f"{_CODE}/{module}.py", guard, without)


FEDERATION = (
    _at(
        "a token of an untrusted issuer",
        _REFUSED,
        "assertion",
        "[each for each in credentials if each.issuer == self.issuer]",
        "[*credentials]",
    ),
    _at(
        "a trusted issuer's token for another subject",
        _REFUSED,
        "assertion",
        "[each for each in of_issuer if each.subject == self.subject]",
        "of_issuer",
    ),
    _at(
        "a trusted issuer's token for another audience",
        _REFUSED,
        "assertion",
        "        if not any(set(each.audiences) & set(self.audiences) for each in of_subject):\n",
        "        if False:\n",
    ),
    _at(
        "a federated token that has expired",
        "federation.py::test_the_end_is_the_first_second_that_is_too_late",
        "assertion",
        "if not self.not_before <= now < self.expires:",
        "if not self.not_before <= now <= self.expires:",
    ),
    _at(
        "a federated token that lives for weeks",
        _REFUSED,
        "assertion",
        "if self.expires - self.issued_at > _LONGEST_LIFE:",
        "if False:",
    ),
    _at(
        "a federated token for another identity",
        "federation.py::test_another_identity_does_not_trust_what_this_one_does",
        "federation",
        "[each for each in self.deployment.federated if each.identity_id.lower() == owner]",
        "[*self.deployment.federated] if owner else []",
    ),
    _at(
        "a federated token that a stranger signed",
        "federation.py::test_another_key_under_the_known_id_does_not_sign",
        "federation",
        "        presented.check_signature(key)\n",
        "",
    ),
    _at(
        "a federated token with a critical header of its own",
        "federation.py::test_a_header_of_the_issuers_own_is_passed_over_unless_it_is_critical",
        "assertion",
        ' or "crit" in header',
        "",
    ),
    _at(
        "an issuer asked before anything trusts it",
        "federation.py::test_a_token_that_is_not_trusted_is_refused_by_name",
        "federation",
        "        presented.check_trust(self._credentials(identity))\n",
        "",
    ),
    _at(
        "a federated token while nothing can be put on record",
        "federation.py::test_a_token_that_cannot_be_put_on_record_is_not_given_out",
        "federation",
        "        self._ledger.issued(identity.name, identity.principal_id, token, SERVICE)\n",
        "",
    ),
    _at(
        "an issuer that redirects",
        "outside_keys.py::test_no_redirect_is_followed",
        "outside_keys",
        "allow_redirects=False",
        "allow_redirects=True",
    ),
    _at(
        "keys at an address of the sandbox's own network",
        "outside_keys.py::test_keys_are_looked_for_at_the_issuer_or_at_a_name",
        "outside_keys",
        "    return own or (keys.port in {None, 443} and _is_a_name(keys.hostname))\n",
        "    return own or keys.port in {None, 443}\n",
    ),
    _at(
        "the discovery document of another issuer",
        "outside_keys.py::test_a_document_of_another_issuer_is_not_believed",
        "outside_keys",
        '            if document.get("issuer") != issuer:\n',
        "            if False:\n",
    ),
    _at(
        "keys without end",
        "outside_keys.py::test_a_document_without_end_is_read_up_to_a_limit",
        "outside_keys",
        "            if len(content) > _LONGEST:\n",
        "            if False:\n",
    ),
    _at(
        "a fetch for each made-up key",
        "outside_keys.py::test_unknown_ids_cost_one_fetch_a_minute_and_a_new_key_is_found_by_then",
        "outside_keys",
        "(_AGAIN if kid not in kept.keys else _FRESH)",
        "(0 if kid not in kept.keys else _FRESH)",
    ),
    _at(
        "a fetch for each request to an issuer that is down",
        "outside_keys.py::test_an_issuer_that_fails_is_left_alone_for_a_moment",
        "outside_keys",
        "        if self._clock() - kept.failed_at < _AFTER_FAILURE:\n",
        "        if False:\n",
    ),
    _at(
        "a weak key of an issuer",
        "outside_keys.py::test_of_many_keys_only_strong_rsa_keys_with_an_id_count",
        "outside_keys",
        "if key.public_key.key_size in _KEY_BITS else None",
        "if key else None",
    ),
)
