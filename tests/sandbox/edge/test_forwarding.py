import pytest
from multidict import CIMultiDict

from sandbox.edge.forwarding import admits, to_app, to_client


def passed(*headers: tuple[str, str], scheme: str = "https") -> CIMultiDict[str]:
    given = CIMultiDict([("Host", "app.example"), *headers])
    return to_app(given, "10.0.0.9", scheme)


@pytest.mark.parametrize("ranges", [(), ("127.0.0.1/32",), ("10.0.0.0/8", "127.0.0.0/8")])
def test_an_address_in_a_range_is_admitted(ranges: tuple[str, ...]) -> None:
    assert admits(ranges, "127.0.0.1")


@pytest.mark.parametrize("ranges", [("10.0.0.0/8",), ("127.0.0.2/32",)])
def test_an_address_outside_is_not(ranges: tuple[str, ...]) -> None:
    assert not admits(ranges, "127.0.0.1")


def test_the_callers_address_comes_last_in_forwarded_for() -> None:
    assert passed()["X-Forwarded-For"] == "10.0.0.9"
    spoofed = passed(("X-Forwarded-For", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2, 3.3.3.3"))
    assert spoofed.getall("X-Forwarded-For") == ["1.1.1.1,2.2.2.2, 3.3.3.3,10.0.0.9"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_scheme_and_host_are_told_by_the_ingress(scheme: str) -> None:
    told = passed(("X-Forwarded-Proto", "ftp"), ("X-Forwarded-Host", "evil"), scheme=scheme)
    assert told.getall("X-Forwarded-Proto") == [scheme]
    assert told.getall("X-Forwarded-Host") == ["app.example"]
    assert told["Host"] == "app.example"


@pytest.mark.parametrize(
    "name",
    [
        "X-Forwarded-Client-Cert",
        "X-Envoy-External-Address",
        "X_Forwarded_For",
        "x-forwarded_proto",
        "X_ENVOY_a",
    ],
)
def test_a_client_cannot_speak_for_the_ingress(name: str) -> None:
    told = passed((name, "spoofed"), ("X-Own", "kept"))
    assert "spoofed" not in ",".join(told.values())
    assert told["X-Own"] == "kept"


def test_what_concerns_one_connection_is_not_passed_on() -> None:
    told = passed(
        ("Connection", "close, X-Mine"),
        ("Connection", "X-Forwarded-For"),
        ("X-Mine", "1"),
        ("Transfer-Encoding", "chunked"),
        ("TE", "trailers"),
        ("Upgrade", "h2c"),
        ("Proxy-Authorization", "Basic x"),
        ("Accept", "*/*"),
    )
    assert set(told) == {
        "Host",
        "Accept",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
    }
    assert told["X-Forwarded-For"] == "10.0.0.9"


def test_an_answer_keeps_repeated_headers_and_loses_those_of_the_connection() -> None:
    answer = CIMultiDict(
        [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Keep-Alive", "5"), ("x-envoy-y", "1")]
    )
    assert list(to_client(answer).items()) == [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
