"""Debian's Prometheus as a process, filled by remote write and asked by its API."""

import json
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import cramjam

from spanglass_server.model.series import Labels, Series

_READY_S: Final = 30
_SLICE_MS: Final = 600_000
"""Its head takes samples in the order of their times, give or take an hour."""


class RealPrometheus:
    """Ready when made; `close` stops it."""

    def __init__(self, folder: Path, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._open = build_opener(ProxyHandler({})).open
        (folder / "prometheus.yml").write_text("global: {}\n")
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--web.enable-remote-write-receiver",
                "--storage.tsdb.retention.time=100y",
            ],
            stdout=self._log,
            stderr=self._log,
        )
        self._await_ready(Path(self._log.name))

    def _await_ready(self, log: Path) -> None:
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self._open(f"{self._url}/-/ready", timeout=5).close()
            except (URLError, ConnectionError):
                time.sleep(0.05)
            else:
                return
        self.close()
        raise AssertionError(f"Prometheus did not start: {log.read_text()[-2000:]}")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._log.close()

    def write(self, series: Sequence[Series]) -> None:
        """By remote write 1.0; the times of all series are of the same days."""
        start_ms = min(int(one.times_ms[0]) for one in series)
        end_ms = max(int(one.times_ms[-1]) for one in series)
        for begin_ms in range(start_ms, end_ms + 1, _SLICE_MS):
            body = b"".join(_message(1, part) for part in _slice(series, begin_ms, begin_ms + _SLICE_MS))
            headers = {"content-encoding": "snappy", "content-type": "application/x-protobuf"}
            packed = bytes(cramjam.snappy.compress_raw(body))
            request = Request(f"{self._url}/api/v1/write", packed, headers, method="POST")
            self._open(request, timeout=30).close()

    def query(self, expression: str, time_s: float) -> dict[str, Any] | None:
        """`data` of the answer; None where it refuses or fails."""
        return self._ask("query", {"query": expression, "time": repr(time_s)})

    def query_range(
        self, expression: str, start_s: float, end_s: float, step_s: float
    ) -> dict[str, Any] | None:
        times = {"start": repr(start_s), "end": repr(end_s), "step": repr(step_s)}
        return self._ask("query_range", {"query": expression} | times)

    def _ask(self, what: str, parameters: dict[str, str]) -> dict[str, Any] | None:
        body = urlencode(parameters).encode()
        try:
            with self._open(f"{self._url}/api/v1/{what}", body, timeout=60) as answer:
                data: dict[str, Any] = json.load(answer)["data"]
                return data
        except HTTPError as error:
            error.close()
            if error.code not in (400, 422):
                raise
            return None


def _slice(series: Sequence[Series], from_ms: int, to_ms: int) -> Iterator[bytes]:
    for one in series:
        inside = (one.times_ms >= from_ms) & (one.times_ms < to_ms)
        if inside.any():
            samples = zip(one.times_ms[inside].tolist(), one.values[inside], strict=True)
            yield _labels(one.labels) + b"".join(_message(2, _sample(*sample)) for sample in samples)


def _labels(labels: Labels) -> bytes:
    return b"".join(
        _message(1, _message(1, name.encode()) + _message(2, value.encode())) for name, value in labels
    )


def _sample(time_ms: int, value: float) -> bytes:
    return b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(time_ms)


def _message(field: int, body: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(body)) + body


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)
