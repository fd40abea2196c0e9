"""One run of one contestant, in a process of its own: `python -m bench.sdk.drive NAME ENDPOINT tight|paced
CALLS`.

Prints a line of JSON. Knows the standard library and bench/sdk/contestants.py alone.
"""

import json
import sys
import time

from bench.sdk.contestants import CONTESTANTS, Answer

_TEXT_CHARS = 1024
_WARM_UP_CALLS = 50
_PACE_S = 0.001


def main() -> None:
    name, endpoint, mode, calls = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    before_import_kb = _peak_kb()
    contestant = CONTESTANTS[name][0](endpoint)
    traced = contestant.decorate(_answer)
    questions = [f"{i:04d}".ljust(_TEXT_CHARS, "?") for i in range(256)]
    for question in questions[:_WARM_UP_CALLS]:
        traced(question)
    cpu_s = time.process_time()
    us_a_call = (_run_tight if mode == "tight" else _run_paced)(traced, questions, calls)
    contestant.flush()
    cpu_us = (time.process_time() - cpu_s) / calls * 1e6
    print(
        json.dumps(
            {
                "us_a_call": us_a_call,
                "cpu_us_a_span": cpu_us,
                "created": calls + _WARM_UP_CALLS,
                "peak_mb": _peak_kb() / 1024,
                "added_mb": (_peak_kb() - before_import_kb) / 1024,
            }
        )
    )


_RESULT = "a" * _TEXT_CHARS


def _answer(question: str) -> str:
    return _RESULT


def _run_tight(traced: Answer, questions: list[str], calls: int) -> float:
    started_s = time.perf_counter()
    for i in range(calls):
        traced(questions[i & 255])
    return (time.perf_counter() - started_s) / calls * 1e6


def _run_paced(traced: Answer, questions: list[str], calls: int) -> float:
    """A call a millisecond; what waiting takes is not counted."""
    spent_s = 0.0
    next_s = time.perf_counter()
    for i in range(calls):
        next_s += _PACE_S
        if (rest_s := next_s - time.perf_counter()) > 0:
            time.sleep(rest_s)
        started_s = time.perf_counter()
        traced(questions[i & 255])
        spent_s += time.perf_counter() - started_s
    return spent_s / calls * 1e6


def _peak_kb() -> int:
    """Not getrusage: that peak begins with the process that started this one."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
