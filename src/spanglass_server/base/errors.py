"""Every error Spanglass raises on purpose, as one tree.

    SpanglassError
     ├─ BadInput                 the sender's fault: 4xx, CLI exit 2
     │   ├─ MalformedBody            400  bytes that do not parse
     │   ├─ UnsupportedEncoding      415  content type or encoding we do not read
     │   ├─ BodyTooLarge             413  a size limit, named
     │   ├─ QueryInvalid             400  a filter, field, cursor or parameter; points at the column
     │   │   └─ BadCursor
     │   ├─ Conflict                 409  changed by somebody else meanwhile
     │   └─ NotFound                 404
     ├─ NotAllowed               401 or 403
     ├─ Busy                     429 or 503, with Retry-After: try again
     │   ├─ QueueFull                 the ingest queue's limit, named
     │   └─ StorageUnavailable        the engine is down or refuses work
     │       └─ StorageFull           no disk left
     ├─ QueryTooLarge            422  a read hit its time, memory or row limit, named
     └─ Misconfigured            the operator's fault: start-up fails, exit 1

Each says what failed, on what, and what to do next (`hint`). HTTP status is decided in web/errors.py.
"""


class SpanglassError(Exception):
    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BadInput(SpanglassError): ...


class MalformedBody(BadInput): ...


class UnsupportedEncoding(BadInput): ...


class BodyTooLarge(BadInput): ...


class QueryInvalid(BadInput):
    def __init__(self, message: str, *, hint: str = "", column: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.column = column


class BadCursor(QueryInvalid): ...


class Conflict(BadInput): ...


class NotFound(BadInput): ...


class NotAllowed(SpanglassError):
    def __init__(self, message: str, *, hint: str = "", is_authenticated: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.is_authenticated = is_authenticated


class Busy(SpanglassError):
    def __init__(self, message: str, *, hint: str = "", retry_after_s: int = 1) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class QueueFull(Busy): ...


class StorageUnavailable(Busy): ...


class StorageFull(StorageUnavailable): ...


class QueryTooLarge(SpanglassError):
    def __init__(self, message: str, *, hint: str = "", limit: str = "") -> None:
        super().__init__(message, hint=hint)
        self.limit = limit
        """The setting that was hit, e.g. `max_execution_time`."""


class Misconfigured(SpanglassError): ...
