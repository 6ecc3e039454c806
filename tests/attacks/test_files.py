"""A sandbox after traffic and refusals: nothing is open to others, and no secret out of place."""

import base64
import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from PIL import Image

from sandbox.audit import FILE
from sandbox.cli.photos import Upload
from sandbox.cli.walk import arrive, send
from sandbox.deployment import DeclaredSecret
from sandbox.entra import AccessToken, Reason, TokenRefused
from sandbox.keyvault.seal import Seal
from sandbox.keyvault.secret import NewSecret, Properties
from sandbox.servicebus.authenticate import PutToken
from sandbox.servicebus.requests import Request
from sandbox.state import PROJECT, State
from sandbox.storage import Azurite
from sandbox.storage.asked import Asked
from sandbox.storage.target import parse_target
from sandbox.supervisor import ServiceReport, running
from sandbox.supervisor.processes import Program
from tests.attacks.watching import LOOPBACK, OTHERS, Process, open_to_others, tree
from tests.conftest import Running, keyless

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
# Of 64 bytes base64 and 32 bytes base64url, there is no shorter one.
_SHORTEST = 30


@dataclass
class Seen:
    """What was seen of one sandbox from its start to its end."""

    state: State
    processes: list[Process] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    environments: list[Mapping[str, str]] = field(default_factory=list)
    opened: list[tuple[str, int]] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    secrets: dict[str, tuple[str, set[str]]] = field(default_factory=dict, repr=False)
    exposed: set[str] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict, repr=False)

    def look(self, pid: int) -> None:
        """At every process and every file, while they all run."""
        self.processes = tree(pid)
        for each in self.processes:
            self.titles.append(each.title)
            self.environments.append(each.environment)
            self.opened += each.open_files()
            self.sockets += each.named_sockets()
            self.ports += each.listens_on()
        for path in filter(Path.is_file, self.state.root.rglob("*")):
            self.files[str(path.relative_to(self.state.root))] = path.read_bytes()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """By a user whose umask hides nothing, so that what is private is so by the sandbox's doing."""
    folder = tmp_path_factory.mktemp("watched")
    command = [sys.executable, "-m", "sandbox", "up", "--detach", "--port", "0"]
    environment = {**os.environ, "KEYLESS_STATE": str(folder)}
    with open_to_others(folder) as exposed:
        folder.chmod(0o700)
        exposed.clear()
        started = subprocess.run(command, cwd=PROJECT, env=environment, umask=0, check=False)
        assert started.returncode == 0
        sandbox = Running(State.open(folder))
        seen = Seen(sandbox.state, exposed=exposed)
        try:
            traffic(sandbox, seen)
            seen.look(sandbox.report.pid)
            collect(sandbox, seen)
        finally:
            keyless(folder, "down")
    assert running(seen.state) is None
    return seen


def traffic(sandbox: Running, seen: Seen) -> None:
    """A photo, and a broken one; then everything that is refused, with tokens in odd places."""
    gallery = sandbox.report.gallery
    pixel = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(pixel, "PNG")
    for content in (pixel.getvalue(), b"\xff\xd8\xff\xe0 no photo"):
        upload = Upload("any", "image/png", content)
        arrive(gallery, upload, send(gallery, upload))
    for service in ("gateway", "notifier"):
        variables = sandbox.environment(service)
        query = {"api-version": "2019-08-01", "resource": "https://storage.azure.com"}
        if service == "gateway":
            query["client_id"] = variables["AZURE_CLIENT_ID"]
        header = {"X-IDENTITY-HEADER": variables["IDENTITY_HEADER"]}
        endpoint = variables["IDENTITY_ENDPOINT"]
        token = requests.get(endpoint, query, headers=header, timeout=10).json()["access_token"]
        seen.secrets[f"the token of {service}"] = token, set()
        refuse(sandbox, seen, token)
        for url in (endpoint, sandbox.report.proxy, sandbox.report.gallery):
            seen.answers += malformed(url, f"X-IDENTITY-HEADER: {variables['IDENTITY_HEADER']}")
            seen.answers += malformed(url, f"Authorization: Bearer {token}")
        for odd in ({}, {"resource": token}, {"client_id": token, **query}):
            seen.answers.append(requests.get(endpoint, odd, headers=header, timeout=10).text)
        wrong = {"X-IDENTITY-HEADER": token}
        seen.answers.append(requests.get(endpoint, query, headers=wrong, timeout=10).text)


def refuse(sandbox: Running, seen: Seen, token: str) -> None:
    """What the planes, the edge and the gallery say to a token, and to one where none belongs."""
    report, deployment = sandbox.report, sandbox.deployment
    session = requests.Session()
    session.trust_env = False
    session.proxies, session.verify = {"https": report.proxy}, report.ca
    version = {"x-ms-version": "2025-11-05"}
    for host in (deployment.storage.host, deployment.vault.host, deployment.bus.host):
        for path in ("originals/no-such", "secrets/none?api-version=7.6", f"{token}?x={token}"):
            for shown in (token, f"{token}x", f"{token} {token}"):
                headers = version | {"Authorization": f"Bearer {shown}"}
                answer = session.get(f"https://{host}/{path}", headers=headers, timeout=10)
                assert answer.status_code >= 400
                seen.answers.append(answer.text)
    for url in (report.proxy, report.gallery):
        seen.answers.append(session.get(f"{url}/{token}?x={token}", timeout=10).text)
        files = {"photo": (token, token.encode(), "image/png")}
        seen.answers.append(session.post(f"{url}/photos", files=files, timeout=10).text)


def malformed(url: str, header: str) -> Iterator[str]:
    """What a port says to requests that cannot be read, with a header that nobody may repeat."""
    address = urlsplit(url)
    for line, text in (
        ("GET / HTTP/1.1", f"{header}\0"),
        ("GET / HTTP/1.1", f"X Y: {header}"),
        (f"GET /{header}\1 HTTP/1.1", ""),
        (f"GE\0T {header}", ""),
        ("GET / HTTP/9.9", header),
        ("POST / HTTP/1.1", f"Content-Length: x\r\n{header}"),
    ):
        request = f"{line}\r\nHost: {address.netloc}\r\n{text}\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", address.port or 0), timeout=10) as client:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            yield client.recv(65536).decode()


def collect(sandbox: Running, seen: Seen) -> None:
    """Every secret of the sandbox, and the files that are there to hold it."""
    for each in sandbox.report.services:
        secret = each.environment["IDENTITY_HEADER"]
        seen.secrets[f"the identity header of {each.name}"] = secret, {"sandbox.json"}
    state = sandbox.state
    key = json.loads(state.path("partner.json").read_text())["key"]
    seen.secrets["the signing key of the webhooks"] = key.removeprefix("whsec_"), {"partner.json"}
    sealed = base64.b64encode(state.path("vault.key").read_bytes()).decode()
    seen.secrets["the vault's key"] = sealed, set()
    for name in ("entra-signing-key.pem", "edge.pem"):
        lines = state.path(name).read_text().splitlines()
        seen.secrets[name] = lines[2], {name}
    accounts = {each.get("AZURITE_ACCOUNTS", "") for each in seen.environments} - {""}
    seen.secrets["Azurite's key"] = accounts.pop().partition(":")[2], set()


def test_nothing_is_open_to_others_at_any_time(seen: Seen) -> None:
    assert seen.exposed == set()
    assert {"audit.jsonl", "bus.db", "vault.db", "sandbox.json", "sandbox.log"} <= seen.files.keys()


def test_no_process_keeps_a_file_that_is_open_to_others(seen: Seen) -> None:
    """Theirs are in the state folder, or have no name at all, as gunicorn's heartbeats."""
    state = str(seen.state.root)
    own = [(name, mode) for name, mode in seen.opened if name.startswith((state, "/tmp"))]  # noqa: S108
    assert any(name.endswith("-wal") for name, _ in own)
    assert [name for name, mode in own if mode & OTHERS] == []
    assert [name for name in seen.sockets if not name.startswith(state)] == []


def test_every_port_is_on_loopback(seen: Seen) -> None:
    # Azurite, the proxy, AMQP, the identity endpoint, the gallery, and four services.
    assert len(seen.ports) >= 9
    assert set(seen.ports) == {LOOPBACK}


def test_no_secret_is_in_a_file_that_is_not_its_own(seen: Seen) -> None:
    assert len(seen.secrets) == 11
    for what, (secret, meant) in seen.secrets.items():
        assert len(secret) > _SHORTEST, what
        holders = {name for name, content in seen.files.items() if secret.encode() in content}
        assert holders == meant, what
    logs = {name for name in seen.files if name.endswith(".log")}
    assert len(logs) >= 5
    for name in (FILE, *logs):
        assert b"eyJ" not in seen.files[name], name


def test_no_secret_is_in_the_title_of_a_process(seen: Seen) -> None:
    assert sum("gunicorn" in each for each in seen.titles) >= 8
    for what, (secret, _) in seen.secrets.items():
        assert not any(secret in each for each in seen.titles), what


def test_each_process_is_given_its_own_secrets_only(seen: Seen) -> None:
    for what, (secret, _) in seen.secrets.items():
        given = [each for each in seen.environments if secret in "\n".join(each.values())]
        if what.startswith("the identity header"):
            services = {each.get("AZURE_CLIENT_ID", "") for each in given}
            assert given
            assert len(services) == 1, what
        elif what == "Azurite's key":
            assert all("AZURITE_ACCOUNTS" in each for each in given)
        else:
            assert given == [], what


def test_no_secret_is_in_the_text_of_a_refusal(seen: Seen) -> None:
    assert len(seen.answers) > 60
    for what, (secret, _) in seen.secrets.items():
        # The header of a token is what Key Vault names an unknown key by, as Azure does.
        parts = secret.split(".")[1:] or [secret]
        for part in parts:
            assert not any(part in each for each in seen.answers), what
    assert not any("Traceback" in each for each in seen.answers)


def test_nothing_that_carries_a_secret_shows_it_in_a_message_or_a_log() -> None:
    secret = "a secret"
    key = AESGCM.generate_key(256)
    carriers = [
        AccessToken(secret, "id", "audience", 0, 1),
        Asked("GET", parse_target("/"), {"Authorization": secret}),
        Azurite("account", "host", Path("folder"), 1, secret),
        DeclaredSecret("name", secret, enabled=True),
        NewSecret(secret, Properties()),
        Program("name", (), {"IDENTITY_HEADER": secret}, Path("folder"), Path("log")),
        PutToken("jwt", "audience", secret),
        Request("put-token", {}, secret, b"", None),
        Seal(key),
        ServiceReport("name", "url", "ready", 0, {"IDENTITY_HEADER": secret}),
        TokenRefused(Reason.SIGNATURE),
    ]
    for each in carriers:
        assert secret not in f"{each!r}{each}"
        assert repr(key) not in repr(each)
