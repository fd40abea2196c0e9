"""The class of a failed model call, in the words of the server's `error_type` (a test compares)."""

import re
from functools import lru_cache
from typing import Final

_BY_WORD: Final = (
    (("contentfilter", "contentpolicy", "responsibleai", "guardrailintervened"), "content_filter"),
    (("ratelimit", "toomanyrequests", "throttl", "quota", "resourceexhausted"), "rate_limit"),
    (("overloaded", "serviceunavailable", "modelnotready"), "overloaded"),
    (("timeout", "timedout", "deadlineexceeded", "readtimeout"), "timeout"),
    (
        (
            *("authentication", "permissiondenied", "permissionerror", "unauthorized", "forbidden"),
            "invalidapikey",
        ),
        "auth",
    ),
    (
        (
            *("badrequest", "invalidrequest", "unprocessable", "notfounderror", "invalidargument"),
            "contextlength",
        ),
        "invalid_request",
    ),
    (("internalserver", "servererror", "apierror500", "badgateway"), "server"),
)

_GENERIC: Final = frozenset(
    (
        *(
            "",
            "exception",
            "error",
            "apierror",
            "apistatuserror",
            "_other",
            "httpstatuserror",
            "runtimeerror",
        ),
        "ai_apicallerror",
    )
)
"""Types that say nothing: the message is asked instead."""

_CODE: Final = re.compile(r"(?:Error code:|status code|HTTP/1\.1|HTTP)\s*:?\s*\"?([45]\d\d)\b")
_TYPE: Final = re.compile(r"^\s*([A-Za-z_][\w.]{0,100}(?:Error|Exception|Timeout|Interrupt))\b")


@lru_cache(maxsize=1024)
def classify_error(named: str, exception_type: str, message: str, http_status: int) -> str:
    """rate_limit, overloaded, timeout, auth, invalid_request, server or content_filter; else the exception's
    own type, else `other`. An HTTP status decides, save that filtered content is told by words; then the
    types; then, where these say nothing, the message."""
    by_type = _by_words(named) or _by_words(exception_type)
    if by_type == "content_filter" or "content_filter" in message:
        return "content_filter"
    code = _CODE.search(message)
    status = int(code.group(1)) if code else http_status
    if named.isdigit():
        status = int(named)
    if status >= 400:
        told = _by_status(status)
        return "overloaded" if told == "server" and "overloaded_error" in message else told
    if by_type:
        return by_type
    own = exception_type or ("" if named.isdigit() else named)
    if own.rpartition(".")[2].lower() in _GENERIC and (by_message := _by_words(message)):
        return by_message
    if not own or own == "_OTHER":
        in_message = _TYPE.match(message)
        own = in_message.group(1) if in_message else ""
    return own or "other"


def _by_words(text: str) -> str:
    squeezed = re.sub(r"[^a-z0-9]", "", text.lower())
    return next((name for words, name in _BY_WORD if any(word in squeezed for word in words)), "")


def _by_status(status: int) -> str:
    if status == 429:
        return "rate_limit"
    if status in (503, 529):
        return "overloaded"
    if status in (408, 504):
        return "timeout"
    if status in (401, 403):
        return "auth"
    return "server" if status >= 500 else "invalid_request"
