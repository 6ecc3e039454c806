import pytest

from sandbox.edge.connect import ConnectError, answer_to, target_asked_for

HOSTS = {"store.blob.core.windows.net", "v.vault.azure.net"}


def asked(head: str) -> str | None:
    target = target_asked_for(head.replace("\n", "\r\n").encode("latin-1"))
    return target.served(HOSTS)


def refusal(head: str) -> ConnectError:
    with pytest.raises(ConnectError) as refused:
        asked(head)
    return refused.value


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("CONNECT v.vault.azure.net:443 HTTP/1.1\nHost: v.vault.azure.net:443\n\n"),
        pytest.param("CONNECT v.vault.azure.net:443 HTTP/1.1\nHost: v.vault.azure.net\n\n"),
        pytest.param("CONNECT v.vault.azure.net:443 HTTP/1.0\n\n", id="urllib's"),
        pytest.param("CONNECT V.Vault.Azure.NET:443 HTTP/1.0\n\n", id="in capitals"),
        pytest.param("CONNECT v.vault.azure.net:443 HTTP/1.0\nContent-Length: 0\n\n"),
    ],
)
def test_a_known_host_is_found(head: str) -> None:
    assert asked(head) == "v.vault.azure.net"


@pytest.mark.parametrize(
    "target",
    [
        "example.com:443",
        "v.vault.azure.net:80",
        "v.vault.azure.net:00443",
        "v.vault.azure.net.:443",
        "127.0.0.1:443",
    ],
)
def test_another_host_or_port_is_not_found(target: str) -> None:
    assert asked(f"CONNECT {target} HTTP/1.0\n\n") is None


def test_the_proof_to_the_proxy_is_the_one_that_was_sent() -> None:
    once = "CONNECT example.com:443 HTTP/1.0\nProxy-Authorization: Basic a-key\n"
    for head, proof in ((once, "Basic a-key"), (once + "Proxy-Authorization: b\n", "")):
        target = target_asked_for(f"{head}\n".replace("\n", "\r\n").encode())
        assert target.authorization == proof
        assert "a-key" not in repr(target)


@pytest.mark.parametrize(
    ("status", "head"),
    [
        (400, "CONNECT v.vault.azure.net HTTP/1.0\n\n"),
        (400, "CONNECT v.vault.azure.net:443/ HTTP/1.0\n\n"),
        (400, "CONNECT me:pass@v.vault.azure.net:443 HTTP/1.0\n\n"),
        (400, "CONNECT [::1]:443 HTTP/1.0\n\n"),
        (400, "CONNECT v.vault.azure.net%2F:443 HTTP/1.0\n\n"),
        (400, "CONNECT https://v.vault.azure.net:443 HTTP/1.0\n\n"),
        (400, "CONNECT v.vault.azure.net:443 HTTP/1.1\n\n"),
        (400, "CONNECT v.vault.azure.net:443 HTTP/1.1\nHost: store.blob.core.windows.net\n\n"),
        (400, "CONNECT v.vault.azure.net:443 HTTP/1.1\nHost: v.vault.azure.net:80\n\n"),
        (
            400,
            "CONNECT v.vault.azure.net:443 HTTP/1.1\n"
            "Host: v.vault.azure.net\nHost: store.blob.core.windows.net\n\n",
        ),
        (400, "CONNECT v.vault.azure.net:443 HTTP/1.0\nContent-Length: 5\n\n"),
        (400, "CONNECT v.vault.azure.net:443 HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n"),
        (400, "CONNECT  v.vault.azure.net:443 HTTP/1.0\n\n"),
        (400, "CONNECT v.vault.azure.net:443\n\n"),
        (400, "CONNECT v.vault.azure.net:443 HTTP/2.0\n\n"),
        (400, "CONNECT v.vault.azure.net:443 HTTP/1.0\nA b: c\n\n"),
        (405, "GET https://v.vault.azure.net/secrets/a?sig=hidden HTTP/1.0\n\n"),
        (405, "connect v.vault.azure.net:443 HTTP/1.0\n\n"),
        (405, "GET / HTTP/1.0\n\n"),
    ],
)
def test_what_is_no_connect_to_a_known_host_is_refused(status: int, head: str) -> None:
    assert refusal(head).status == status


def test_a_bare_line_feed_ends_no_line() -> None:
    head = b"CONNECT v.vault.azure.net:443 HTTP/1.0\r\n"
    assert target_asked_for(head + b"A: b\r\n\r\n").served(HOSTS) == "v.vault.azure.net"
    for ending in (b"A: b\n\r\n", b"A: b\r\n\n"):
        with pytest.raises(ConnectError, match="carriage return"):
            target_asked_for(head + ending)


def test_a_refusal_names_the_host_and_those_that_there_are() -> None:
    answer = answer_to(ConnectError(403, "There is no route to example.com:443."), HOSTS).decode()
    head, _, text = answer.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 403 Forbidden\r\n")
    assert f"Content-Length: {len(text)}" in head
    assert text == (
        "There is no route to example.com:443.\n"
        "The sandbox opens tunnels, by CONNECT, to:\n"
        "  store.blob.core.windows.net:443\n"
        "  v.vault.azure.net:443\n"
    )


def test_a_refused_method_is_told_the_one_that_there_is() -> None:
    answer = answer_to(refusal("GET / HTTP/1.0\n\n"), HOSTS).decode()
    assert answer.startswith("HTTP/1.1 405 Method Not Allowed\r\nAllow: CONNECT\r\n")


def test_a_refusal_repeats_neither_path_nor_query_nor_password() -> None:
    reason = refusal("GET http://me:pass@x.example/way?sig=hidden HTTP/1.0\n\n").reason
    assert "x.example" in reason
    assert not any(each in reason for each in ("pass", "way", "hidden"))


@pytest.mark.parametrize(
    "head",
    [
        "GET / HTTP/1.1\nHost: x\nAuthorization: a-token\0\n\n",
        "GET / HTTP/1.1\nHost: x\na-token : x\n\n",
        "GE\0T a-token HTTP/1.1\n\n",
        "GET http://me:a-token@x/ HTTP/1.1\nHost: x\n\n",
        "CONNECT a-token HTTP/1.0\n\n",
        "CONNECT v.vault.azure.net:443 HTTP/1.0\nHost: a-token\n\n",
    ],
)
def test_a_refusal_repeats_nothing_that_may_be_secret(head: str) -> None:
    refused = refusal(head)
    assert "a-token" not in refused.reason
    assert b"a-token" not in answer_to(refused, HOSTS)
