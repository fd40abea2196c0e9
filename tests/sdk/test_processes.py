"""The SDK in real processes: forks, prefork servers, ends of every sort, and other services."""

import collections
import os
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.collector import Collector, Reply
from tests.support.spanglass_process import free_port

pytestmark = pytest.mark.slow

HEADER = """
import os, sys, time
import spanglass

@spanglass.observe
def work(n):
    return n
"""


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


def environment(url: str, **variables: str) -> dict[str, str]:
    return {**os.environ, "SPANGLASS_ENDPOINT": url, **variables}


def run(
    program: str, url: str, *, status: int = 0, timeout_s: float = 60, **variables: str
) -> tuple[str, float]:
    """Runs a program to its end: what it wrote to stderr, and seconds from its last line to its end."""
    text = HEADER + textwrap.dedent(program)
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", text],
        env=environment(url, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    ending = time.monotonic()
    _, errors = process.communicate(timeout=timeout_s)
    assert process.returncode == status, errors
    return errors, time.monotonic() - ending


def inputs(collector: Collector) -> list[str]:
    return sorted(str(span.attributes["spanglass.input"]) for span in collector.spans())


ENDS = {
    "falls off its end": ("", 0, ""),
    "exits": ("sys.exit(3)", 3, ""),
    "fails": ("raise RuntimeError('bye')", 1, "RuntimeError: bye"),
    "has a thread that goes on": (
        "import threading; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        0,
        "",
    ),
}


@pytest.mark.parametrize(("last", "status", "said"), ENDS.values(), ids=ENDS)
def test_a_program_sends_what_it_recorded_when_it(
    collector: Collector, last: str, status: int, said: str
) -> None:
    program = f"spanglass.init(interval_s=60)\nfor n in range(50): work(n)\nprint(flush=True)\n{last}"
    errors, seconds = run(program, collector.url, status=status)
    assert len(collector.spans()) == 50
    assert said in errors
    assert (errors == "") == (said == "")
    assert seconds < 5


TERMINATED = """
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(30)
"""


@pytest.mark.parametrize("before", ["", "import uvicorn; serve_until_terminated()"], ids=["plain", "uvicorn"])
def test_a_program_sends_what_it_recorded_when_it_is_terminated(collector: Collector, before: str) -> None:
    """Uvicorn handles the signal itself, and raises it again at its end."""
    program = f"""
    import signal, threading
    def serve_until_terminated():
        async def application(scope, receive, send):
            raise NotImplementedError("no lifespan, no requests")
        threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
        uvicorn.run(application, port={free_port()}, log_level="error", lifespan="off")
    spanglass.init(interval_s=60)
    for n in range(50): work(n)
    {before}
    {TERMINATED}
    """
    run(program, collector.url, status=-signal.SIGTERM)
    assert len(collector.spans()) == 50


def test_a_handler_of_the_applications_own_is_left_alone(collector: Collector) -> None:
    program = """
    import signal
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7))
    spanglass.init(interval_s=60)
    work(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(30)
    """
    run(program, collector.url, status=7)
    assert len(collector.spans()) == 1


def test_spans_of_exit_handlers_come_too(collector: Collector) -> None:
    run(
        """
        import atexit
        spanglass.init(interval_s=60)
        atexit.register(work, 1)
        print(flush=True)
        """,
        collector.url,
    )
    assert inputs(collector) == ['{"n":1}']


def test_a_server_that_is_down_costs_one_line_and_no_time() -> None:
    errors, seconds = run(
        """
        spanglass.init()
        for n in range(100): work(n)
        print(flush=True)
        """,
        f"http://127.0.0.1:{free_port()}",
    )
    assert seconds < 2
    assert errors.count("cannot send to") <= 1
    assert "Traceback" not in errors
    assert "could not be sent" in errors


def test_a_server_that_never_answers_holds_up_the_end_for_five_seconds_at_most() -> None:
    collector = Collector(answer=lambda request: Reply(delay_s=60))
    _, seconds = run(
        """
        spanglass.init()
        work(1)
        print(flush=True)
        """,
        collector.url,
    )
    collector.close()
    assert seconds < 8


def test_a_fork_neither_loses_nor_doubles_spans(collector: Collector) -> None:
    run(
        """
        spanglass.init(interval_s=60)
        for n in range(20): work(n)
        children = []
        for child in range(3):
            pid = os.fork()
            if pid == 0:
                for n in range(100, 120): work(1000 * (child + 1) + n)
                sys.exit(0)
            children.append(pid)
        for n in range(20, 40): work(n)
        print(flush=True)
        for pid in children: os.waitpid(pid, 0)
        """,
        collector.url,
    )
    sent = collections.Counter(inputs(collector))
    assert set(sent.values()) == {1}
    assert len(sent) == 40 + 3 * 20
    assert len({span.span_id for span in collector.spans()}) == 100


def test_a_fork_within_a_span_and_beside_busy_threads_works(collector: Collector) -> None:
    run(
        """
        import threading
        spanglass.init(interval_s=0.01)
        stop = threading.Event()
        def busy():
            while not stop.is_set(): work(0)
        threads = [threading.Thread(target=busy, daemon=True) for _ in range(3)]
        for thread in threads: thread.start()
        children = []
        with spanglass.span("parent"):
            for child in range(10):
                pid = os.fork()
                if pid == 0:
                    work(child + 1)
                    assert spanglass.flush(10)
                    os._exit(0)
                children.append(pid)
        statuses = [os.waitpid(pid, 0)[1] for pid in children]
        stop.set()
        assert statuses == [0] * 10, statuses
        print(flush=True)
        """,
        collector.url,
    )
    spans = collector.spans()
    (parent,) = [span for span in spans if span.name == "parent"]
    of_children = [span for span in spans if span.parent_span_id == parent.span_id]
    assert sorted(str(span.attributes["spanglass.input"]) for span in of_children) == sorted(
        f'{{"n":{n + 1}}}' for n in range(10)
    )
    assert len({span.span_id for span in spans}) == len(spans)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_send_what_they_record(
    collector: Collector, tmp_path: Path, method: str
) -> None:
    program = HEADER + textwrap.dedent(
        f"""
        import multiprocessing

        def child(n):
            spanglass.init(interval_s=60)
            work(n)

        if __name__ == "__main__":
            context = multiprocessing.get_context("{method}")
            spanglass.init(interval_s=60)
            work(0)
            children = [context.Process(target=child, args=(n,)) for n in (1, 2)]
            for process in children: process.start()
            for process in children: process.join()
            with context.Pool(1) as pool:
                pool.map(child, [3])
                pool.close()
                pool.join()
        """
    )
    (tmp_path / "program.py").write_text(program)
    subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, env=environment(collector.url), check=True, timeout=60
    )
    assert inputs(collector) == [f'{{"n":{n}}}' for n in range(4)]


GUNICORN = """
spanglass.init(service="web", interval_s=0.1)
work("master")

def application(environ, start_response):
    n = int(environ["PATH_INFO"].strip("/"))
    with spanglass.span("request"):
        work([n, os.getpid()])
        time.sleep(0.02)
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]
"""


def test_gunicorns_workers_send_each_span_once(collector: Collector, tmp_path: Path) -> None:
    (tmp_path / "web.py").write_text(HEADER + GUNICORN)
    port = free_port()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--preload", "--workers", "3", "--bind", f"127.0.0.1:{port}"),
            *("--worker-tmp-dir", str(tmp_path), "--no-control-socket", "web:application"),
        ],
        cwd=tmp_path,
        env=environment(collector.url),
        stderr=subprocess.PIPE,
        text=True,
    )
    with ThreadPoolExecutor(6) as visitors:
        list(visitors.map(ask, [f"http://127.0.0.1:{port}/{n}" for n in range(60)]))
    server.send_signal(signal.SIGTERM)
    _, errors = server.communicate(timeout=30)
    assert server.returncode == 0, errors
    works = [span for span in collector.spans() if span.name == "work"]
    numbers = collections.Counter(str(span.attributes["spanglass.input"]) for span in works)
    assert numbers.pop('{"n":"master"}') == 1
    assert set(numbers.values()) == {1}
    assert len(numbers) == 60
    assert len({text.split(",")[1] for text in numbers}) > 1, "one worker answered everything"
    requests = {span.span_id for span in collector.spans() if span.name == "request"}
    assert {span.parent_span_id for span in works} == requests | {""}


def ask(url: str) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30):
                return
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.05)


BACK = """
from http.server import BaseHTTPRequestHandler, HTTPServer
from opentelemetry import context, propagate

spanglass.init(service="back")

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        token = context.attach(propagate.extract(self.headers))
        with spanglass.span("handle"):
            work(1)
        context.detach(token)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args): pass

server = HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
print(flush=True)
server.handle_request()
"""

FRONT = """
import urllib.request
from opentelemetry import propagate

spanglass.init(service="front")

@spanglass.observe
def ask():
    spanglass.update_current_trace(
        user_id="u1", session_id="s 1", feature="search", team="growth", tags=["a", "b"]
    )
    headers = {}
    propagate.inject(headers)
    urllib.request.urlopen(urllib.request.Request(os.environ["BACK"], headers=headers)).read()

ask()
print(flush=True)
"""


def test_user_session_feature_team_and_tags_reach_another_service(collector: Collector) -> None:
    port = free_port()
    back = subprocess.Popen(
        [sys.executable, "-c", HEADER + BACK],
        env=environment(collector.url, PORT=str(port)),
        stdout=subprocess.PIPE,
    )
    assert back.stdout is not None
    back.stdout.readline()
    run(FRONT, collector.url, BACK=f"http://127.0.0.1:{port}")
    back.communicate(timeout=30)
    spans = {span.name: span for span in collector.spans()}
    assert spans["ask"].resource.attributes["service.name"] == "front"
    assert spans["work"].resource.attributes["service.name"] == "back"
    assert spans["handle"].parent_span_id == spans["ask"].span_id
    for name in ("ask", "handle", "work"):
        attributes = spans[name].attributes
        assert spans[name].trace_id == spans["ask"].trace_id
        assert {
            key: attributes[f"spanglass.{key}"] for key in ("user_id", "session_id", "feature", "team")
        } == {
            "user_id": "u1",
            "session_id": "s 1",
            "feature": "search",
            "team": "growth",
        }
        assert attributes["spanglass.tags"] == ["a", "b"]


def test_a_wrong_key_is_one_clear_line() -> None:
    collector = Collector(answer=lambda request: Reply(401))
    errors, _ = run(
        """
        spanglass.init(api_key="wrong")
        for n in range(5):
            work(n)
            spanglass.score("s", n, trace_id="1")
            spanglass.flush()
        print(flush=True)
        """,
        collector.url,
    )
    collector.close()
    spans, scores, tally = errors.strip().splitlines()
    assert "401" in spans
    assert "SPANGLASS_SECRET_KEY" in spans
    assert "scores are lost" in scores
    assert "10 records were lost" in tally


def test_importing_the_sdk_imports_no_http_client_and_no_protobuf(collector: Collector) -> None:
    run(
        """
        heavy = {"requests", "urllib3", "http.client", "google.protobuf", "ssl", "asyncio"}
        assert not heavy & set(sys.modules), heavy & set(sys.modules)
        print(flush=True)
        """,
        collector.url,
    )
