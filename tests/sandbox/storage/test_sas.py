"""A user delegation SAS, verified: Microsoft's client signs it, and each of its fields counts."""

import base64
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from azure.storage.blob import generate_blob_sas, generate_container_sas
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.broken_files import BrokenFileError
from sandbox.entra import Verifier
from sandbox.refusal import Refusal
from sandbox.state import State
from sandbox.storage.delegation_keys import DelegationKeys, KeyClaims, check_times
from sandbox.storage.request import of_a_sas, read_request
from sandbox.storage.sas import SasCaller, verify_by_user
from sandbox.storage.sas_text import by_a_user
from sandbox.storage.shared_key import sign

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
TENANT = "7e4a4700-0000-4000-8000-000000000000"
ISSUER = "5b1f0000-0000-4000-8000-000000000001"
KEYS = DelegationKeys(b"s" * 32)
VERIFIER = Verifier([], TENANT, [], {ISSUER: "catalog"}, NOW.timestamp)
FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def at(hours: float) -> str:
    return (NOW + timedelta(hours=hours)).strftime(FORMAT)


def key(keys: DelegationKeys = KEYS, account: str = "photos", **changes: str) -> Any:
    """Return a key as the SDK has it from Azure's answer."""
    said = {"start": at(-1), "expiry": at(2), "service": "b", "version": "2026-02-06"} | changes
    claims = KeyClaims(ISSUER, TENANT, **said)
    return SimpleNamespace(
        signed_oid=ISSUER,
        signed_tid=TENANT,
        signed_start=claims.start,
        signed_expiry=claims.expiry,
        signed_service=claims.service,
        signed_version=claims.version,
        signed_delegated_user_tid=None,
        value=base64.b64encode(keys.key(account, claims)).decode(),
    )


def blob_sas(user_delegation_key: Any = None, **options: Any) -> str:
    options = {"permission": "r", "expiry": at(1)} | options
    return generate_blob_sas(
        *("photos", "originals", "a folder/é.jpg"),
        user_delegation_key=user_delegation_key or key(),
        **options,
    )


def container_sas(**options: Any) -> str:
    options = {"permission": "rl", "expiry": at(1)} | options
    return generate_container_sas("photos", "originals", user_delegation_key=key(), **options)


def verified(sas: str, path: str = "/originals/a%20folder/%C3%A9.jpg", ip: str = "") -> SasCaller:
    join = "&" if "?" in path else "?"
    request = of_a_sas(read_request("GET", f"{path}{join}{sas}", []), ip)
    return verify_by_user(request, "photos", TENANT, KEYS, VERIFIER)


def refused(sas: str, path: str = "/originals/a%20folder/%C3%A9.jpg", ip: str = "") -> str:
    """Return the detail of the refusal, or its message if there is none."""
    with pytest.raises(Refusal) as raised:
        verified(sas, path, ip)
    assert raised.value.status == 403
    return raised.value.details.get("AuthenticationErrorDetail", raised.value.message)


def test_the_caller_is_the_issuer_with_the_permissions_and_the_earlier_end() -> None:
    caller = verified(blob_sas(permission="rd"))
    assert (caller.principal_id, caller.name) == (ISSUER, "catalog")
    assert (caller.permissions, caller.credential) == ("rd", "user delegation SAS")
    assert caller.expires_at == (NOW + timedelta(hours=1)).timestamp()


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("cache_control", "content_disposition", "content_type", "content_language"),
                *("correlation_id", "preauthorized_agent_object_id", "protocol", "start"),
            ]
        ),
        st.text("ab 1é=/", min_size=1),
    )
)
def test_each_field_that_the_sdk_signs_is_covered(options: dict[str, Any]) -> None:
    for name, value in {"start": at(-1), "protocol": "https"}.items():
        if name in options:
            options[name] = value
    sas = blob_sas(**options)
    assert verified(sas).name == "catalog"
    for field in ("sp=r", "se=2026", "st=2026", "skt=2026", "scid=", "saoid=", "rscc=", "rsct="):
        changed = f"&{sas}".replace(f"&{field}", f"&{field.replace('2026', '2025')}d")[1:]
        if changed != sas:
            assert refused(changed.replace("2025d", "2025"))


def test_a_signature_is_good_for_its_own_blob_account_and_secret() -> None:
    sas = blob_sas()
    said = refused(sas, "/originals/other")
    assert said.startswith("Signature did not match. String to sign used was r\n")
    assert "/blob/photos/originals/other" in said
    assert "did not match" in refused(blob_sas(key(account="another")))
    assert "did not match" in refused(blob_sas(key(DelegationKeys(b"t" * 32))))
    assert verified(sas)


def test_a_container_sas_is_good_for_each_of_its_blobs_and_no_other_container() -> None:
    sas = container_sas()
    assert verified(sas)
    assert verified(sas, "/originals?restype=container&comp=list")
    assert "did not match" in refused(sas, "/thumbnails/one")
    assert "resource level" in refused(blob_sas(), "/originals?restype=container&comp=list")


def test_a_snapshots_sas_is_good_for_that_snapshot_alone() -> None:
    moment = "2026-05-04T11:00:00.0000000Z"
    sas = generate_blob_sas(
        *("photos", "originals", "one"),
        snapshot=moment,
        permission="r",
        expiry=at(1),
        user_delegation_key=key(),
    )
    assert verified(sas, f"/originals/one?snapshot={moment}")
    assert "did not match" in refused(sas, "/originals/one?snapshot=2026-05-04T11:00:00.0000001Z")
    assert refused(sas, "/originals/one")
    base = generate_blob_sas(
        *("photos", "originals", "one"), permission="r", expiry=at(1), user_delegation_key=key()
    )
    assert "resource level" in refused(base, f"/originals/one?snapshot={moment}")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"expiry": at(-0.5)},
            "time [Mon, 04 May 2026 11:30:00 GMT] has to be after signed",
        ),
        ({"expiry": at(-0.5), "start": at(-1)}, "not valid in the specified time frame"),
        ({"expiry": at(1), "start": at(0.5)}, "Current [Mon, 04 May 2026 12:00:00 GMT]"),
        ({"expiry": "tomorrow"}, "Signature fields not well formed."),
        ({"protocol": "http"}, "Signature fields not well formed."),
        ({"permission": "rz"}, "Signature fields not well formed."),
        ({"encryption_scope": "mine"}, "this sandbox does not offer an encryption scope"),
        ({"policy_id": "mine"}, "this sandbox does not offer a stored access policy"),
    ],
)
def test_a_sas_out_of_its_time_or_malformed_is_refused(options: Any, said: str) -> None:
    assert said in refused(blob_sas(**options))


def test_a_key_ends_before_its_sas() -> None:
    sas = blob_sas(key(start=at(-3), expiry=at(-0.1)), expiry=at(1))
    assert "Expiry [Mon, 04 May 2026 11:54:00 GMT]" in refused(sas)


@pytest.mark.parametrize(
    ("signed", "address", "fits"),
    [
        ("10.0.0.7", "10.0.0.7", True),
        ("10.0.0.7", "10.0.0.8", False),
        ("10.0.0.7-10.0.0.9", "10.0.0.8", True),
        ("10.0.0.7-10.0.0.9", "10.0.0.10", False),
        ("10.0.0.7", "", False),
        ("10.0.0.7", "::1", False),
    ],
)
def test_the_callers_address_counts(signed: str, address: str, fits: bool) -> None:
    sas = blob_sas(ip=signed)
    if fits:
        assert verified(sas, ip=address)
    else:
        assert f"using this source IP {address}." in refused(sas, ip=address)


@pytest.mark.parametrize("name", ["sv", "sr", "sp", "se", "skoid", "skt", "sks", "sig"])
def test_a_field_that_is_missing_is_named(name: str) -> None:
    fields = blob_sas().split("&")
    left = "&".join(each for each in fields if not each.startswith(f"{name}="))
    assert refused(left) == f"{name} is mandatory. Cannot be empty"


def test_older_versions_sign_fewer_fields() -> None:
    """The counts are those of the page, with the fields that the SDKs have added since."""
    texts = {}
    for version in ("2018-11-09", "2020-02-10", "2020-12-06", "2025-07-05", "2026-04-06"):
        fields = blob_sas().split("&")
        old = "&".join(f"sv={version}" if each.startswith("sv=") else each for each in fields)
        target = read_request("GET", f"/originals/one?{old}", []).target
        texts[version] = by_a_user(target, "photos").count("\n") + 1
        signature = sign(by_a_user(target, "photos"), KEYS.key("photos", claims(target.sas)))
        again = "&".join(each for each in old.split("&") if not each.startswith("sig="))
        quoted = signature.replace("+", "%2B").replace("/", "%2F")
        assert verified(f"{again}&sig={quoted}", "/originals/one")
    assert texts == {
        "2018-11-09": 20,
        "2020-02-10": 23,
        "2020-12-06": 24,
        "2025-07-05": 26,
        "2026-04-06": 28,
    }


def claims(sas: Any) -> KeyClaims:
    return KeyClaims(*(sas[each] for each in ("skoid", "sktid", "skt", "ske", "sks", "skv")))


@pytest.mark.parametrize(
    ("start", "expiry", "wrong"),
    [
        (at(0), at(1), None),
        (at(-1), at(7 * 24), None),
        (at(0), at(7 * 24 + 0.001), 1),
        (at(8 * 24), at(9 * 24), 0),
        (at(2), at(1), 1),
        (at(-2), at(-1), 1),
        ("now", at(1), 0),
        (at(0), "", 1),
    ],
)
def test_a_key_has_seven_days_at_most(start: str, expiry: str, wrong: int | None) -> None:
    if wrong is None:
        return check_times(start, expiry, NOW)
    with pytest.raises(Refusal) as raised:
        check_times(start, expiry, NOW)
    assert (raised.value.status, raised.value.code) == (400, "InvalidXmlNodeValue")
    assert set(raised.value.details.values()) == {(start, expiry)[wrong]}
    return None


def test_the_secret_is_kept_and_private_and_one_of_another_length_is_refused(tmp_path: Any) -> None:
    state = State.open(tmp_path)
    first = DelegationKeys.kept_in(state)
    assert DelegationKeys.kept_in(state) == first != DelegationKeys()
    assert state.path("delegation.key").stat().st_mode & 0o777 == 0o600
    state.write("delegation.key", b"short")
    with pytest.raises(BrokenFileError, match="issued user delegation keys are no longer valid"):
        DelegationKeys.kept_in(state)
