"""What receivers may reach."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from tests.support.http_receiver import HttpReceiver, Reply

from spanglass_server.notify.egress import (
    Egress,
    HttpOptions,
    HttpResponse,
    RequestFailed,
    TargetRefused,
    retry_after_ms,
)
from spanglass_server.notify.secret import Secret


@pytest.fixture
def hook() -> Iterator[HttpReceiver]:
    receiver = HttpReceiver()
    yield receiver
    receiver.close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.1.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd12::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "::10.0.0.1",
        "64:ff9b:1::a00:1",
        "192.0.0.8",
        "192.88.99.1",
    ],
)
def test_addresses_that_are_not_of_the_internet_are_refused_unless_allowed(address: str) -> None:
    with pytest.raises(TargetRefused, match="SPANGLASS_NOTIFY_PRIVATE_TARGETS"):
        Egress().check(address)
    Egress(allows_private=True).check(address)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.23",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "::ffff:a9fe:a9fe",
        "::a9fe:a9fe",
        "192.0.0.192",
        "168.63.129.16",
    ],
)
def test_addresses_that_hand_out_credentials_are_always_refused(address: str) -> None:
    for egress in (Egress(), Egress(allows_private=True)):
        with pytest.raises(TargetRefused, match="credentials"):
            egress.check(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_internet_are_allowed(address: str) -> None:
    Egress().check(address)


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]"])
def test_no_spelling_of_a_loopback_address_gets_through(hook: HttpReceiver, host: str) -> None:
    with pytest.raises(RequestFailed) as caught:
        Egress().post(f"http://{host}:{hook.port}/", b"", headers={})
    assert hook.requests == []
    assert not caught.value.is_retryable or "cannot reach" in str(caught.value)


def test_a_redirect_is_checked_as_its_origin_and_loses_the_credentials() -> None:
    first, second = HttpReceiver(), HttpReceiver()
    first.reply = lambda _request: Reply(307, b"", {"Location": f"{second.url}/there"})
    options = HttpOptions(authorization="Bearer", secret=Secret("s3cret"))
    egress = Egress(allows_private=True)
    assert egress.post(f"{first.url}/here", b"hello", headers={}, options=options).status == 200
    assert (second.requests[0].path, second.requests[0].body) == ("/there", b"hello")
    assert first.requests[0].headers["authorization"] == "Bearer s3cret"
    assert "authorization" not in second.requests[0].headers
    first.reply = lambda _request: Reply(307, b"", {"Location": "http://169.254.169.254/latest"})
    with pytest.raises(RequestFailed, match="credentials"):
        egress.post(first.url, b"", headers={})
    first.reply = lambda _request: Reply(307, b"", {"Location": "file:///etc/passwd"})
    with pytest.raises(RequestFailed, match="does not begin with http"):
        egress.post(first.url, b"", headers={})
    first.reply = lambda _request: Reply(307, b"", {"Location": "/"})
    with pytest.raises(RequestFailed, match="circles"):
        egress.post(first.url, b"", headers={})
    first.close()
    second.close()


def test_credentials_in_the_url_are_sent_as_basic_authentication(hook: HttpReceiver) -> None:
    egress = Egress(allows_private=True)
    egress.post(f"http://me:p%40ss@127.0.0.1:{hook.port}/there", b"", headers={})
    assert hook.requests[0].headers["authorization"] == "Basic bWU6cEBzcw=="
    bearer = HttpOptions(authorization="Bearer", secret=Secret("s3cret"))
    egress.post(f"http://me:p%40ss@127.0.0.1:{hook.port}/there", b"", headers={}, options=bearer)
    assert hook.requests[1].headers["authorization"] == "Bearer s3cret"


@pytest.mark.parametrize(
    "url", ["ftp://x/", "file:///etc/passwd", "http://", "http://[::1", "x", "http://h:99999/"]
)
def test_what_is_no_url_of_http_is_refused_for_good(url: str) -> None:
    with pytest.raises(RequestFailed) as caught:
        Egress(allows_private=True).post(url, b"", headers={})
    assert not caught.value.is_retryable


def test_a_path_that_is_a_secret_is_not_in_an_error() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(RequestFailed) as caught:
        Egress(allows_private=True).post(f"http://127.0.0.1:{port}/S3CRET?k=S3CRET", b"", headers={})
    assert "S3CRET" not in str(caught.value)
    with pytest.raises(RequestFailed) as caught:
        Egress(allows_private=True).post("http://127.0.0.1/S3C RET\r\nX: y", b"", headers={})
    assert "S3C" not in str(caught.value)


def test_an_answer_without_an_end_is_cut() -> None:
    """A byte each tenth of a second keeps every timeout of a socket from running out."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            while not stop.wait(0.1):
                try:
                    connection.send(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    started = time.monotonic()
    with pytest.raises(RequestFailed):
        Egress(allows_private=True, timeout_s=0.5).post(
            f"http://127.0.0.1:{listener.getsockname()[1]}/", b"", headers={}
        )
    assert time.monotonic() - started < 5
    stop.set()
    thread.join()
    listener.close()


def test_a_huge_answer_is_read_in_part(hook: HttpReceiver) -> None:
    hook.reply = lambda _request: Reply(200, b"x" * 5_000_000)
    assert len(Egress(allows_private=True).post(hook.url, b"", headers={}).body) == 64 << 10


@pytest.mark.parametrize(
    ("value", "expected_ms"),
    [
        ("", 0),
        ("120", 120_000),
        ("0.5", 500),
        ("-5", 0),
        ("nan", 0),
        ("999999999", 3_600_000),
        ("Mon, 05 Jan 2026 08:01:00 GMT", 60_000),
        ("Mon, 05 Jan 2026 07:00:00 GMT", 0),
        ("soon", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, expected_ms: int) -> None:
    response = HttpResponse(429, {"retry-after": value}, b"")
    assert retry_after_ms(response, 1_767_600_000_000) == expected_ms
