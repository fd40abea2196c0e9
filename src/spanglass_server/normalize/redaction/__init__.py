"""Making what is sensitive unreadable, between decoding and normalizing: what is stored, searched, shown and
counted is made of records that are clean already.

Pure functions in linear time. A request is screened as a whole first, so that one with nothing in it costs
next to nothing.
"""

from spanglass.evaluators.sensitive import PERSONAL_KINDS, SECRET_KINDS
from spanglass_server.normalize.redaction.content import strip_span
from spanglass_server.normalize.redaction.detectors import (
    DEFAULT_POLICY,
    KINDS,
    check_pattern,
)
from spanglass_server.normalize.redaction.redactor import Redactor
from spanglass_server.normalize.redaction.values import Replaced, Tally

__all__ = [
    "DEFAULT_POLICY",
    "KINDS",
    "PERSONAL_KINDS",
    "SECRET_KINDS",
    "Redactor",
    "Replaced",
    "Tally",
    "check_pattern",
    "strip_span",
]
