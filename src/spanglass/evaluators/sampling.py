"""Which traces are evaluated: decided by the trace id alone."""

from spanglass._sampling import is_sampled, sampling_bound, trace_hash

__all__ = ["is_sampled", "sampling_bound", "trace_hash"]
