"""`python -m spanglass_examples.rag_service`: what `spanglass demo` runs beside its server.

Reads two lines from its standard input, the options as JSON and, when the server is ready, its URL; when that
is closed, it stops: it never outlives who started it.
"""

import json
import os
import queue
import signal
import sys
import threading

from spanglass_examples.rag_service.run import Options, SendingError, run


def main() -> int:
    if hasattr(os, "nice"):
        os.nice(5)  # The server that is starting on the same machine goes first.
    stop = threading.Event()
    endpoints: queue.Queue[str] = queue.Queue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    options = Options(**json.loads(sys.stdin.readline()))

    def listen() -> None:
        endpoints.put(sys.stdin.readline().strip())
        sys.stdin.read()
        stop.set()

    threading.Thread(target=listen, daemon=True).start()
    try:
        run(options, find_endpoint=endpoints.get, stop=stop, say=_say)
    except SendingError as error:
        _say(f"error: {error}")
        return 1
    return 0


def _say(line: str) -> None:
    print(f"demo: {line}", file=sys.stderr, flush=True)


sys.exit(main())
