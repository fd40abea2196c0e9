"""Personal data that has a form: addresses, numbers of phones, cards, accounts and people."""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

from spanglass.evaluators.sensitive import national_ids
from spanglass.evaluators.sensitive.checksums import iban_length, is_iban, is_luhn
from spanglass.evaluators.sensitive.findings import Detector, Detectors, Finding
from spanglass.evaluators.sensitive.forms import ALPHANUMERIC, digits_of, if_true

_RESERVED_DOMAINS = (
    "example.com",
    "example.org",
    "example.net",
    ".example",
    ".invalid",
    ".test",
    ".localhost",
)
"""RFC 2606: nobody's."""
_PHONE_INNER = ALPHANUMERIC | frozenset("-_/")


def _is_email(value: str) -> bool:
    domain = value.rpartition("@")[2].lower()
    return len(value) <= 254 and not domain.endswith(_RESERVED_DOMAINS)


_CARDS = re.compile(
    r"4\d{12}(?:\d{3}(?:\d{3})?)?|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}|3[68]\d{12}"
    r"|30[0-5]\d{11}|35\d{14,17}|6(?:011|[245]\d\d)\d{12,15}|(?:50|5[6-9]|6[3789])\d{11,17}"
)
"""Issuers' first digits, each with its lengths."""


def _is_card(value: str) -> bool:
    digits = digits_of(value)
    return _CARDS.fullmatch(digits) is not None and is_luhn(digits)


def _measure_iban(value: str) -> int:
    """What follows an IBAN in capitals looks like a further group of it."""
    left = iban_length(value[:2])
    for at, char in enumerate(value):
        left -= char != " "
        if left == 0:
            return at + 1 if is_iban(value[: at + 1].replace(" ", "")) else 0
    return 0


def _is_account(value: str) -> bool:
    return 9 <= len(digits_of(value)) <= 16


def _is_phone(value: str) -> bool:
    return 8 <= len(digits_of(value)) <= 15


def _is_domestic_phone(value: str) -> bool:
    """Nine digits at least: dates have eight."""
    return 9 <= len(digits_of(value)) <= 11


def _is_public_address(value: str) -> bool:
    """Addresses that somebody has: not those of private networks, documentation and this machine."""
    try:
        return ipaddress.ip_address(value).is_global
    except ValueError:
        return False


DETECTORS: tuple[Detector, ...] = (
    Detector(
        "email",
        r"[A-Za-z0-9_%+\-](?:[A-Za-z0-9._%+\-]*[A-Za-z0-9_%+\-])?@(?:[A-Za-z0-9\-]+\.)+[A-Za-z]{2,24}",
        if_true(_is_email),
    ),
    Detector(
        "phone",
        r"\+[1-9]\d{0,2}[ .\-]?(?:\(0?\d{1,4}\)[ .\-]?)?\d{1,4}(?:[ .\-]?\d{2,4}){1,5}",
        if_true(_is_phone),
        inner=_PHONE_INNER,
    ),
    Detector(
        "phone", r"01[016789][ .\-]?\d{3,4}[ .\-]?\d{4}", if_true(_is_domestic_phone), inner=_PHONE_INNER
    ),
    Detector(
        "phone",
        r"(?:\(0[1-9]\d{0,3}\) ?|0[1-9]\d{0,3}[ \-])\d{2,4}[ \-]\d{3,4}",
        if_true(_is_domestic_phone),
        inner=_PHONE_INNER,
    ),
    Detector("phone", r"(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[.\-])[2-9]\d{2}[.\-]\d{4}", len, inner=_PHONE_INNER),
    Detector(
        "payment_card",
        r"\d{4}[ \-]\d{4}[ \-]\d{4}[ \-]\d{4}|\d{4}[ \-]\d{6}[ \-]\d{5}|\d{13,19}",
        if_true(_is_card),
        inner=ALPHANUMERIC | frozenset("-"),
    ),
    Detector(
        "iban", r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?", _measure_iban, inner=ALPHANUMERIC
    ),
    Detector(
        "bank_account",
        r"(?:계좌|口座|(?i:account (?:no\.?|number)))\D{0,12}"
        r"(\d{2,6}-\d{2,6}-\d{2,8}(?:-\d{1,3})?|\d{10,14})",
        if_true(_is_account),
        inner=ALPHANUMERIC | frozenset("-"),
    ),
    Detector("ip_address", r"\d{1,3}(?:\.\d{1,3}){3,}", if_true(_is_public_address), inner=ALPHANUMERIC),
    Detector(
        "ip_address",
        r"[23][0-9A-Fa-f]{3}:(?:[0-9A-Fa-f]{0,4}:){1,6}[0-9A-Fa-f]{1,4}",
        if_true(_is_public_address),
        inner=ALPHANUMERIC | frozenset(":"),
    ),
    *national_ids.DETECTORS,
)

PERSONAL_KINDS: tuple[str, ...] = tuple(dict.fromkeys(detector.kind for detector in DETECTORS))


def find_personal(text: str, kinds: Iterable[str] | None = None) -> list[Finding]:
    """Personal data of these kinds (all by default), in order of place, without overlaps."""
    return _detectors().find(text, kinds)


@lru_cache(maxsize=1)
def _detectors() -> Detectors:
    return Detectors(DETECTORS)
