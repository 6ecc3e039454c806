"""Photos and refusals for a running sandbox, with tokens and headers in all the wrong places."""

import io
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
from PIL import Image

from cli.demo_run import send, wait_until_done
from cli.photos import Upload
from tests.attacks.observations import Observations
from tests.conftest import Running


def traffic(sandbox: Running, seen: Observations) -> None:
    """A photo, and a broken one; then everything that is refused, with tokens in odd places."""
    gallery = sandbox.report.gallery
    pixel = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(pixel, "PNG")
    for content in (pixel.getvalue(), b"\xff\xd8\xff\xe0 no photo"):
        upload = Upload("any", "image/png", content)
        wait_until_done(gallery, upload, send(gallery, upload))
    for service in ("gateway", "notifier"):
        variables = sandbox.environment(service)
        query = {"api-version": "2019-08-01", "resource": "https://storage.azure.com"}
        if service == "gateway":
            query["client_id"] = variables["AZURE_CLIENT_ID"]
        header = {"X-IDENTITY-HEADER": variables["IDENTITY_HEADER"]}
        endpoint = variables["IDENTITY_ENDPOINT"]
        token = requests.get(endpoint, query, headers=header, timeout=60).json()["access_token"]
        seen.secrets[f"the token of {service}"] = token, set()
        refuse(sandbox, seen, token)
        for url in (endpoint, sandbox.report.proxy, sandbox.report.gallery):
            seen.answers += malformed(url, f"X-IDENTITY-HEADER: {variables['IDENTITY_HEADER']}")
            seen.answers += malformed(url, f"Authorization: Bearer {token}")
        for odd in ({}, {"resource": token}, {**query, "client_id": token}):
            seen.answers.append(requests.get(endpoint, odd, headers=header, timeout=60).text)
        wrong = {"X-IDENTITY-HEADER": token}
        seen.answers.append(requests.get(endpoint, query, headers=wrong, timeout=60).text)


def refuse(sandbox: Running, seen: Observations, token: str) -> None:
    """Collect the answers to a token, from each plane, the edge and the gallery."""
    report, deployment = sandbox.report, sandbox.deployment
    session = requests.Session()
    session.trust_env = False
    session.proxies, session.verify = {"https": report.proxy}, report.ca
    version = {"x-ms-version": "2025-11-05"}
    for host in (deployment.storage.host, deployment.vault.host, deployment.bus.host):
        for path in ("originals/no-such", "secrets/none?api-version=7.6", f"{token}?x={token}"):
            for shown in (token, f"{token}x", f"{token} {token}"):
                headers = version | {"Authorization": f"Bearer {shown}"}
                answer = session.get(f"https://{host}/{path}", headers=headers, timeout=60)
                assert answer.status_code >= 400
                seen.answers.append(answer.text)
    for url in (report.proxy, report.gallery):
        seen.answers.append(session.get(f"{url}/{token}?x={token}", timeout=60).text)
        files = {"photo": (token, token.encode(), "image/png")}
        seen.answers.append(session.post(f"{url}/photos", files=files, timeout=60).text)


def malformed(url: str, header: str) -> Iterator[str]:
    """Collect a port's answers to unreadable requests, with a header that no message may repeat."""
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
        with socket.create_connection(("127.0.0.1", address.port or 0), timeout=60) as client:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            yield client.recv(65536).decode()
