"""The tokens that an API takes, and how it refuses: the table of attacks is in tests/attacks."""

import json
import logging
import queue
import threading
import time
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from flask import Flask
from flask.testing import FlaskClient
from jwt.algorithms import RSAAlgorithm
from werkzeug.test import TestResponse

from services.common import bearer
from services.common.bearer import MAX_AGE, PAUSE, Bearer, Keys, Refused, init_app, requires

TENANT = "7e4a4700-0000-4000-8000-000000000000"
API = "ca7a1060-0000-4000-8000-000000000003"
GATEWAY = "11111111-0000-4000-8000-000000000000"
ROLE = "Catalog.Read"


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def published(key: RSAPrivateKey, *kids: str) -> dict[str, Any]:
    """The key set as Entra publishes it: without `alg`."""
    public = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    return {"keys": [{"kty": "RSA", "use": "sig", "kid": k, **public} for k in kids]}


def token(key: RSAPrivateKey, *without: str, kid: str = "one", **claims: Any) -> str:
    now = int(time.time())
    usual = {
        "aud": API,
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
        "tid": TENANT,
        "oid": GATEWAY,
        "roles": [ROLE],
        "nbf": now - 300,
        "exp": now + 3600,
    }
    content = {k: v for k, v in (usual | claims).items() if k not in without}
    return jwt.encode(content, key, "RS256", {"kid": kid})


@pytest.fixture
def client(key: RSAPrivateKey) -> FlaskClient:
    app = Flask(__name__)
    init_app(app, Bearer(TENANT, API, Keys(lambda: published(key, "one"))))

    @app.get("/photos/<photo>")
    @requires(ROLE)
    def one(photo: str) -> dict[str, str]:
        return {"id": photo}

    return app.test_client()


def ask(client: FlaskClient, authorization: str | None) -> TestResponse:
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.get("/photos/7", headers=headers)


def test_that_no_token_is_required_has_to_be_said(client: FlaskClient) -> None:
    extensions = client.application.extensions
    extensions["bearer"] = None
    assert ask(client, None).status_code == 200
    del extensions["bearer"]
    assert ask(client, None).status_code == 500


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_with_the_role_is_let_in(
    client: FlaskClient, key: RSAPrivateKey, scheme: str
) -> None:
    answer = ask(client, f"{scheme} {token(key)}")
    assert (answer.status_code, answer.get_json()) == (200, {"id": "7"})


@pytest.mark.parametrize("authorization", [None, "", "Basic dXNlcjpwYXNz", "token"])
def test_who_shows_no_token_is_told_what_to_show_and_no_error(
    client: FlaskClient, authorization: str | None
) -> None:
    answer = ask(client, authorization)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.content_type == "application/problem+json"
    assert answer.get_json(force=True)["type"] == "urn:keyless:problem:no-token"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "00000000-0000-4000-8000-000000000000"}, "is for another API"),
        ({"aud": [API]}, "is for another API"),
        ({"aud": f"api://{API}"}, "is for another API"),
        ({"iss": f"https://sts.windows.net/{TENANT}/"}, "is from another tenant or of another"),
        ({"tid": GATEWAY}, "is from another tenant or of another version"),
        ({"exp": int(time.time()) - bearer.LEEWAY - 5}, "has expired"),
        ({"nbf": int(time.time()) + 3600}, "is not valid yet"),
        ({"exp": str(int(time.time()) + 3600)}, "has an odd claim"),
        ({"exp": 10**400}, "has an odd claim"),
        ({"oid": ["somebody"]}, "has an odd claim"),
    ],
)
def test_a_bad_token_is_invalid_and_is_told_why(
    client: FlaskClient, key: RSAPrivateKey, claims: dict[str, Any], why: str
) -> None:
    answer = ask(client, f"Bearer {token(key, **claims)}")
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith(f'Bearer error="invalid_token", error_description="The token {why}')
    assert answer.get_json(force=True)["type"] == "urn:keyless:problem:invalid-token"


@pytest.mark.parametrize("name", bearer._REQUIRED)
def test_a_token_without_a_claim_is_invalid(
    client: FlaskClient, key: RSAPrivateKey, name: str
) -> None:
    assert ask(client, f"Bearer {token(key, name)}").status_code == 401


def test_clocks_may_differ_by_a_minute(client: FlaskClient, key: RSAPrivateKey) -> None:
    soon = int(time.time())
    assert ask(client, f"Bearer {token(key, exp=soon - 2)}").status_code == 200
    assert ask(client, f"Bearer {token(key, exp=soon - 120)}").status_code == 401


@pytest.mark.parametrize("roles", [[], ["Catalog.Write"], "Catalog.Read", {ROLE: True}, None])
def test_a_token_without_the_role_is_forbidden_and_told_about_the_cache(
    client: FlaskClient, key: RSAPrivateKey, roles: object
) -> None:
    answer = ask(client, f"Bearer {token(key, roles=roles)}")
    assert answer.status_code == 403
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer error="insufficient_scope", error_description="')
    assert "carries no app role Catalog.Read" in challenge
    assert "cached for up to a day" in challenge
    body = answer.get_json(force=True)
    assert (body["type"], body["status"]) == ("urn:keyless:problem:insufficient-scope", 403)


def test_the_log_names_who_lacks_the_role_and_holds_no_token(
    client: FlaskClient, key: RSAPrivateKey, caplog: pytest.LogCaptureFixture
) -> None:
    lacking, forged = token(key, "roles"), token(key)[:-8] + "AAAAAAAA"
    ask(client, f"Bearer {lacking}")
    ask(client, f"Bearer {forged}")
    first, second = ({**vars(each), "said": each.getMessage()} for each in caplog.records)
    assert first["principal"] == GATEWAY
    assert second["principal"] == ""
    for part in [*lacking.split("."), *forged.split(".")]:
        assert part not in str([first, second])


@pytest.mark.parametrize("spelling", ["{}==", " {}", "{}\t", "{}.", "{} {}"])
def test_a_token_has_one_spelling(client: FlaskClient, key: RSAPrivateKey, spelling: str) -> None:
    good = token(key)
    assert ask(client, f"Bearer {good}").status_code == 200
    door = Bearer(TENANT, API, Keys(lambda: published(key, "one")))
    with pytest.raises(Refused, match="is malformed"):
        door.verify(spelling.format(good, good))


def test_a_token_that_is_longer_than_any_of_entras_is_not_even_read(
    client: FlaskClient, key: RSAPrivateKey
) -> None:
    assert ask(client, f"Bearer {token(key, groups='g' * 1000)}").status_code == 200
    answer = ask(client, f"Bearer {token(key, groups='g' * bearer._LONGEST)}")
    assert answer.status_code == 401
    assert "is malformed" in answer.headers["WWW-Authenticate"]


def test_a_key_of_another_under_a_known_id_opens_nothing(client: FlaskClient) -> None:
    stranger = generate_private_key(65537, 2048)
    assert ask(client, f"Bearer {token(stranger)}").status_code == 401


class Entra:
    """Publishes keys, counts its requests, and may be unavailable; its clock stands still."""

    def __init__(self, key: RSAPrivateKey) -> None:
        self._key = key
        self.kids = ["one"]
        self.asked = 0
        self.away = False
        self.now = 1000.0
        self.reached, self.hanging = threading.Event(), threading.Event()
        self.hanging.set()

    def fetch(self) -> Any:
        self.asked += 1
        if not self.hanging.is_set():
            self.reached.set()
            self.hanging.wait(30)
        if self.away:
            raise requests.ConnectionError("away")
        return published(self._key, *self.kids)

    def keys(self) -> Keys:
        return Keys(self.fetch, lambda: self.now)


@pytest.fixture
def entra(key: RSAPrivateKey) -> Entra:
    return Entra(key)


def test_keys_are_fetched_once_and_again_after_their_age(entra: Entra) -> None:
    keys = entra.keys()
    assert entra.asked == 0
    for _ in range(10):
        assert keys.find("one")
    assert entra.asked == 1
    entra.now += MAX_AGE
    assert keys.find("one")
    assert entra.asked == 2


def test_a_new_key_is_found_at_once_if_nobody_has_just_asked(entra: Entra) -> None:
    keys = entra.keys()
    assert keys.find("one")
    entra.kids = ["one", "two"]
    entra.now += PAUSE
    assert keys.find("two")
    assert entra.asked == 2


def test_made_up_key_ids_do_not_hammer_entra(entra: Entra) -> None:
    keys = entra.keys()
    for number in range(1000):
        assert keys.find(f"made up {number}") is None
    assert entra.asked == 1
    entra.now += PAUSE
    for number in range(1000):
        assert keys.find(f"made up {number}") is None
    assert entra.asked == 2


def test_a_key_that_was_taken_back_is_forgotten(entra: Entra) -> None:
    keys = entra.keys()
    assert keys.find("one")
    entra.kids = ["two"]
    entra.now += MAX_AGE
    assert keys.find("one") is None


def test_known_keys_serve_on_while_entra_is_away_and_it_is_not_hammered(entra: Entra) -> None:
    keys = entra.keys()
    assert keys.find("one")
    entra.away = True
    entra.now += MAX_AGE
    for number in range(1000):
        assert keys.find("one")
        assert keys.find(f"made up {number}") is None
    assert entra.asked == 2
    entra.away = False
    entra.now += PAUSE
    assert keys.find("one")
    assert entra.asked == 3


def test_without_any_key_nothing_is_verified_and_no_token_is_called_bad(
    entra: Entra, key: RSAPrivateKey
) -> None:
    entra.away = True
    door = Bearer(TENANT, API, entra.keys())
    with pytest.raises(Refused) as refused:
        door.verify(token(key))
    response = refused.value.get_response()
    assert (response.status_code, response.headers["Retry-After"]) == (503, str(PAUSE))
    assert "WWW-Authenticate" not in response.headers
    with pytest.raises(Refused):
        door.prove()
    entra.away = False
    entra.now += PAUSE
    door.prove()
    assert door.verify(token(key))["oid"] == GATEWAY


@pytest.mark.parametrize("answer", [[], {}, {"keys": []}, {"keys": [{"kty": "what"}]}, None])
def test_an_odd_key_set_is_no_key_set(answer: object, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with pytest.raises(Refused, match="keys are unavailable"):
        Keys(lambda: answer).find("one")


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ({}, True),
        ({"use": "sig"}, True),
        ({"key_ops": ["verify"]}, True),
        ({"use": "sig", "key_ops": ["verify", "encrypt"]}, True),
        ({"use": "enc"}, False),
        ({"use": "enc", "key_ops": ["verify"]}, False),
        ({"key_ops": ["encrypt", "wrapKey"]}, False),
        ({"use": "sig", "key_ops": []}, False),
        ({"use": None}, False),
    ],
)
def test_a_key_verifies_tokens_only_if_it_is_for_signatures(
    key: RSAPrivateKey, said: dict[str, Any], taken: bool
) -> None:
    (one,), (two,) = published(key, "one")["keys"], published(key, "two")["keys"]
    bare = {name: value for name, value in one.items() if name != "use"}
    door = Bearer(TENANT, API, Keys(lambda: {"keys": [bare | said, two]}))
    if taken:
        assert door.verify(token(key))["oid"] == GATEWAY
    else:
        with pytest.raises(Refused, match="has a signature that does not fit"):
            door.verify(token(key))
    assert door.verify(token(key, kid="two"))["oid"] == GATEWAY


@pytest.mark.filterwarnings("ignore:The RSA key is")
@pytest.mark.parametrize(("bits", "taken"), [(2048, True), (2040, False), (1024, False)])
def test_a_key_verifies_tokens_only_if_it_is_long_enough(
    key: RSAPrivateKey, bits: int, taken: bool
) -> None:
    other = generate_private_key(65537, bits)
    both = published(other, "one")["keys"] + published(key, "two")["keys"]
    door = Bearer(TENANT, API, Keys(lambda: {"keys": both}))
    if taken:
        assert door.verify(token(other))["oid"] == GATEWAY
    else:
        with pytest.raises(Refused, match="has a signature that does not fit"):
            door.verify(token(other))
    assert door.verify(token(key, kid="two"))["oid"] == GATEWAY


def test_a_set_without_a_key_for_signatures_is_no_key_set(key: RSAPrivateKey) -> None:
    (one,) = published(key, "one")["keys"]
    with pytest.raises(Refused) as refused:
        Keys(lambda: {"keys": [one | {"use": "enc"}]}).find("one")
    assert refused.value.code == 503


def test_who_knows_a_key_does_not_wait_for_who_asks_for_another(entra: Entra) -> None:
    keys = entra.keys()
    assert keys.find("one")
    entra.now += PAUSE
    entra.hanging.clear()
    asking = threading.Thread(target=keys.find, args=("made up",))
    asking.start()
    try:
        assert entra.reached.wait(30)
        assert keys.find("one")
    finally:
        entra.hanging.set()
        asking.join(30)
    assert entra.asked == 2


def test_threads_that_ask_for_the_same_new_key_fetch_it_once(entra: Entra) -> None:
    keys = entra.keys()
    assert keys.find("one")
    entra.kids = ["one", "two"]
    entra.now += PAUSE
    entra.hanging.clear()
    found = queue.Queue[object]()
    asking = [
        threading.Thread(target=lambda: found.put(keys.find("two") is not None)) for _ in range(5)
    ]
    for each in asking:
        each.start()
    assert entra.reached.wait(30)
    entra.hanging.set()
    for each in asking:
        each.join(30)
    assert [found.get(timeout=30) for _ in asking] == [True] * 5
    assert entra.asked == 2
