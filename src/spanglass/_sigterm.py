"""SIGTERM ends a process past `atexit`, and is how servers are stopped: what is queued is sent first.

Uvicorn, for one, raises the signal again when its last request is answered.
"""

import os
import signal
import threading
from collections.abc import Callable


def send_before_sigterm(send: Callable[[], object], timeout_s: float) -> None:
    """Calls `send` when SIGTERM comes, then lets it end the process as it would have. Only where nothing
    else handles the signal, so that a handler of the application's own, set before or later, decides."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return

    def end(_number: int, _frame: object) -> None:
        # Not on this thread: it may hold a lock that sending needs.
        sender = threading.Thread(target=send, name="spanglass-sigterm", daemon=True)
        sender.start()
        sender.join(timeout_s)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
