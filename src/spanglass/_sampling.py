"""Which traces are evaluated: decided by the trace id alone."""

import hashlib

_RANGE = 2**64


def is_sampled(trace_id: str, rate: float) -> bool:
    """Whether a trace belongs to the share `rate` (0..1) of all traces.

    The same everywhere and always: the first eight bytes of the id's MD5, which ClickHouse calls `halfMD5`,
    are compared with the rate. So a smaller share is a part of every larger one, and evaluators with the same
    rate judge the same traces. Hexadecimal ids count in lower case.
    """
    return trace_hash(trace_id) < sampling_bound(rate)


def trace_hash(trace_id: str) -> int:
    """0 to 2**64 - 1; `halfMD5(trace_id)` of ClickHouse."""
    digest = hashlib.md5(trace_id.lower().encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big")


def sampling_bound(rate: float) -> int:
    """Hashes below it are sampled: 0 for none, 2**64 for all (which needs more than 64 bits)."""
    return min(_RANGE, max(0, round(rate * _RANGE)))
