"""What is looked for: the detectors that evaluators have, and patterns of one's own."""

from typing import Any, Final

import re2

from spanglass.evaluators.sensitive import (
    NAMES_OF_SECRETS,
    PERSONAL_DETECTORS,
    PERSONAL_KINDS,
    SECRET_DETECTORS,
    SECRET_KINDS,
    Detector,
)
from spanglass_server.base.limits import REDACTION_PATTERN_CHARS_MAX
from spanglass_server.model.redaction import DetectorRule, RedactionPolicy

_EMAIL_CHARS_MAX: Final = 254

_EMAIL: Final = Detector(
    "email",
    r"[A-Za-z0-9_%+\-](?:[A-Za-z0-9._%+\-]*[A-Za-z0-9_%+\-])?(?:@|%40)(?:[A-Za-z0-9\-]+\.)+[A-Za-z]{2,24}",
    lambda value: len(value) if len(value) <= _EMAIL_CHARS_MAX else 0,
)
"""Also as it stands in a URL, and of domains that are nobody's: an evaluator asks whether somebody's address
is told, this makes everything unreadable that looks like one."""
DETECTORS: Final[tuple[Detector, ...]] = (
    _EMAIL,
    *(detector for detector in PERSONAL_DETECTORS if detector.kind != _EMAIL.kind),
    *SECRET_DETECTORS,
)
KINDS: Final[tuple[str, ...]] = (*PERSONAL_KINDS, *SECRET_KINDS)
_GENERIC: Final = "generic_secret"

DEFAULT_POLICY: Final = RedactionPolicy(
    detectors=tuple(DetectorRule(kind, "mask") for kind in SECRET_KINDS if kind != _GENERIC)
)
"""Of a project that has said nothing: keys and tokens by their issuers' forms, which nothing else has."""

_PROGRAM_SIZE_MAX: Final = 50_000
"""Of RE2's program: `(a{1000}){1000}` would be slow to compile, and slow to run."""


def detectors_of(policy: RedactionPolicy) -> list[Detector]:
    """Those that the policy uses, its own patterns last."""
    kinds = {rule.kind for rule in policy.detectors}
    own = [Detector(rule.name, _by_line(rule.pattern)) for rule in policy.patterns]
    return [detector for detector in DETECTORS if detector.kind in kinds] + own


def check_pattern(pattern: str) -> str:
    """What is wrong with a pattern of one's own, as a sentence; empty where it can be used."""
    if not pattern or len(pattern) > REDACTION_PATTERN_CHARS_MAX:
        return f"a pattern has 1 to {REDACTION_PATTERN_CHARS_MAX} characters; this one has {len(pattern)}"
    try:
        compiled = re2.compile(_by_line(pattern), _quiet_options())  # type: ignore[no-untyped-call]
    except re2.error as problem:
        return f"RE2 cannot use it: {_reason(problem)}; it knows neither look-arounds nor back-references"
    if compiled.programsize > _PROGRAM_SIZE_MAX:
        return "its repetitions are too large; make them smaller"
    if compiled.search("") is not None:
        return "it matches the empty text, which is everywhere; let it need at least one character"
    return _group_problem(compiled.groups)


def _group_problem(groups: int) -> str:
    return "" if groups <= 1 else "it has several groups; write all but one as `(?:...)`"


def _reason(problem: re2.error) -> str:
    told = problem.args[0] if problem.args else ""
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)


def _by_line(pattern: str) -> str:
    return f"(?m){pattern}"


_HINTS: Final = {
    "aws_secret_key": r"(?i)aws[^\x00]{0,40}secret",
    "kr_passport": "여권",
    "jp_my_number": r"マイナンバー|個人番号|(?i:my ?number)",
    "pl_pesel": r"(?i)pesel",
    "bank_account": r"계좌|口座|(?i:account (?:no\.?|number))",
    "generic_secret": rf"(?i){NAMES_OF_SECRETS}",
}
"""What a body has to hold for detectors that want a name before the value: in a protobuf message, bytes stand
between them."""

_ESCAPED_SLASH: Final = r"\\/"
"""How some encoders of JSON write a URL's slashes: the one escape that stands within what is looked for."""


class BodyScreen:
    """Whether a request's records have to be looked at, by the bytes that they were decoded from."""

    def __init__(self, policy: RedactionPolicy) -> None:
        detectors = detectors_of(policy._replace(patterns=()))
        patterns = [_HINTS.get(detector.kind, detector.pattern) for detector in detectors]
        self._screen = re2.Set.SearchSet(_quiet_options())  # type: ignore[no-untyped-call]
        escape = r"\\u00" if all(map(str.isascii, patterns)) else r"\\u"
        """Escapes that the patterns' characters may hide in."""
        for pattern in (*patterns, escape):
            self._screen.Add(pattern)
        self._slash = self._screen.Add(_ESCAPED_SLASH)
        self._screen.Compile()
        self._is_sound = not policy.patterns and all(detector.kind != _GENERIC for detector in detectors)

    def finds(self, body: bytes) -> bool:
        """True as well where only a closer look can tell: of patterns of one's own, which may want to see a
        text's beginning and end, of generic secrets, whose names stand in every request, and of what is
        written in escapes."""
        if not self._is_sound:
            return True
        found = self._screen.Match(body)
        if found == [self._slash]:
            found = self._screen.Match(body.translate(None, b"\\"))
        return bool(found)


def _quiet_options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    return options
