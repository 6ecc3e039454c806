"""Which requests a service takes: for its own hosts, and changes from its own pages."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common import hosts

OWN = "gallery.example.com"


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    hosts.init_app(app, [OWN])

    @app.route("/photos", methods=["GET", "POST"])
    @app.get("/healthz")
    @app.get("/readyz")
    def view() -> str:
        return "ok"

    return app.test_client()


def ask(client: FlaskClient, host: str, method: str = "GET", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.open("/photos", method=method, headers={"Host": host} | named).status_code


@pytest.mark.parametrize(
    "host",
    [
        *(OWN, "GALLERY.example.com", f"{OWN}:8443"),
        *("127.0.0.1:8080", "localhost:8080", "[::1]:8080", "azure-catalog:8000"),
    ],
)
def test_a_service_answers_to_its_own_names(client: FlaskClient, host: str) -> None:
    assert ask(client, host) == 200
    assert ask(client, host, "POST") == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", f"{OWN}.evil.example", f"x.{OWN}", "10.0.0.7:8000", "127.0.0.1.nip.io"),
        *("", "a b", f"{OWN}:0", "[evil.example]", f"{OWN}@evil.example", f"evil.example#{OWN}"),
    ],
)
def test_a_service_answers_to_no_other_name_but_its_probes_do(
    client: FlaskClient, host: str
) -> None:
    assert ask(client, host) == 400
    for probe in ("/healthz", "/readyz"):
        assert client.get(probe, headers={"Host": host or "10.0.0.7"}).status_code == 200


def test_without_a_setting_only_places_inside_are_own() -> None:
    assert hosts.is_own("localhost:8080", ())
    assert not hosts.is_own(OWN, ())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": f"https://{OWN}"}, 200),
        ({"Origin": f"https://{OWN}", "Sec_Fetch_Site": "same-origin"}, 200),
        ({"Sec_Fetch_Site": "none"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"https://{OWN}.evil.example"}, 403),
        ({"Origin": f"https://{OWN}:8443"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Origin": f"https://{OWN}"}, 403),
    ],
)
def test_a_page_elsewhere_changes_nothing_and_may_link_here(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    assert ask(client, OWN, "POST", **headers) == status
    assert ask(client, OWN, "GET", **headers) == 200


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30))
@settings(max_examples=200, deadline=None)
def test_any_host_is_own_or_not(host: str) -> None:
    if hosts.is_own(host, [OWN]) and "." in host.partition(":")[0]:
        assert host.lower().startswith((OWN, "127."))
