"""Where something was found in a text, and how it is shown without being told."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import re2


class Finding(NamedTuple):
    kind: str
    start: int
    end: int
    """Half open, in characters of the text."""

    def value(self, text: str) -> str:
        return text[self.start : self.end]


class Detector(NamedTuple):
    """What one kind looks like."""

    kind: str
    pattern: str
    """RE2's. Its first group, where it has one, is what is sensitive."""
    measure: Callable[[str], int] = len
    """How many characters of what the pattern found are really one, by checksums and plausible dates; 0: none
    at all."""
    extend: Callable[[str, int], int] = lambda text, end: end
    """Where in the text it ends, of what has only its beginning in the pattern. Looks at a bounded piece."""
    inner: frozenset[str] = frozenset()
    """Characters that may not stand right before or after: it would be a part of something longer."""


class TooManyFindingsError(ValueError):
    """A text holds more than it makes sense to tell one by one."""


class Detectors:
    """Several detectors in one pass: only those whose pattern is somewhere in the text search it again."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._detectors = detectors
        self._patterns = [
            re2.compile(detector.pattern, _options(_PATTERN_BYTES_MAX))  # type: ignore[no-untyped-call]
            for detector in detectors
        ]
        self._screen = re2.Set.SearchSet(_options(_SCREEN_BYTES_MAX))  # type: ignore[no-untyped-call]
        for detector in detectors:
            self._screen.Add(detector.pattern)
        self._alarm = self._screen.Add(_ALARM)
        self._screen.Compile()
        self._has_screen = self._alarm in (self._screen.Match(_ALARM) or ())
        """False where the patterns together are too large for one pass: a set then finds nothing, and does
        not say so."""

    def find(self, text: str, kinds: Iterable[str] | None = None, *, count_max: int = 0) -> list[Finding]:
        """In order of place, without overlaps: the longer one of two wins, then the first detector's.

        Raises TooManyFindingsError at `count_max`, overlaps included."""
        wanted = None if kinds is None else frozenset(kinds)
        encoded = text.encode("utf-8", "replace")  # JSON can smuggle in lone surrogates, which UTF-8 has not
        found: list[Finding] = []
        clean = ""
        for at in self.screen(encoded):
            if wanted is None or self._detectors[at].kind in wanted:
                clean = clean or encoded.decode()
                left = count_max - len(found) if count_max else None
                found += islice(self._search(at, clean), left)
                if count_max and len(found) >= count_max:
                    raise TooManyFindingsError
        return drop_overlaps(found)

    def screen(self, encoded: bytes) -> list[int]:
        """Which detectors' patterns are somewhere in it, by their place in the order given. It need not be
        UTF-8."""
        if not self._has_screen:
            return [at for at in range(len(self._patterns)) if self.find_place(at, encoded) is not None]
        return [at for at in sorted(self._screen.Match(encoded) or ()) if at != self._alarm]

    def find_place(self, at: int, encoded: bytes, start: int = 0) -> tuple[int, int] | None:
        """Where this detector's pattern is first, from `start` on, half open, in bytes: maybe nothing that it
        takes for one."""
        match = self._patterns[at].search(encoded, start)
        return None if match is None else match.span()

    def _search(self, at: int, text: str) -> Iterator[Finding]:
        for match in self._patterns[at].finditer(text):
            finding = self._finding(at, text, match, 0)
            if finding is None and match.end() - match.start() <= _RETRY_CHARS_MAX:
                finding = self._retry(at, text, match.start(), match.end())
            if finding is not None:
                yield finding

    def _retry(self, at: int, text: str, start: int, end: int) -> Finding | None:
        """Within what the pattern found and what is none: the last digits of a number before a card's may
        have been taken for the card's first."""
        while (run := _RUN.match(text, start, end)) and run.end() < end:
            start = run.end()
            match = self._patterns[at].search(text[start : end + _RETRY_CHARS_MAX])
            if match is None or start + match.start() >= end:
                return None
            finding = self._finding(at, text, match, start)
            if finding is not None:
                return finding
            start += match.start()
        return None

    def _finding(self, at: int, text: str, match: Any, offset: int) -> Finding | None:
        """`offset`: where in the text the piece begins that the match is in."""
        detector = self._detectors[at]
        start, end = match.span(1 if match.re.groups else 0)
        start = _after_escape(text, start + offset, end + offset)
        end = start + detector.measure(text[start : end + offset])
        if end > start:
            end = detector.extend(text, end)
        if end <= start or _is_part(text, start, end, detector.inner):
            return None
        return Finding(detector.kind, start, end)


def _options(bytes_max: int) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = bytes_max
    return options


_ALARM: Final = "\x01\x02spanglass-alarm\x03"
"""Of a fire drill: found where the screen works."""
_SCREEN_BYTES_MAX: Final = 32 << 20
_PATTERN_BYTES_MAX: Final = 8 << 20
"""Of memory that RE2 may take: with less than the screen needs it forgets and begins again all the time."""
_RETRY_CHARS_MAX: Final = 64
_RUN: Final = re.compile(r"\w+\W*")

_ESCAPE: Final = re.compile(r"\\(?:[nrtbf]|u[0-9A-Fa-f]{4})")
_ESCAPE_CHARS_MAX: Final = 6


def _after_escape(text: str, start: int, end: int) -> int:
    """Where it begins, if what the pattern found begins within an escape of JSON or of a program's text: the
    `n` of a line's end is no part of the address after it."""
    first = max(0, start - _ESCAPE_CHARS_MAX + 1)
    if "\\" not in text[first:start]:
        return start
    for at in range(first, start):
        if (escape := _ESCAPE.match(text, at)) and escape.end() > start and not _is_escaped(text, at):
            return min(escape.end(), end)
    return start


def _is_escaped(text: str, at: int) -> bool:
    """Whether the backslash is one that another stands before."""
    before = text[max(0, at - 20) : at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _before(text: str, start: int) -> str:
    """Two characters, none where an escape ends there."""
    is_escape = any(
        (escape := _ESCAPE.match(text, at)) and escape.end() == start and not _is_escaped(text, at)
        for at in (start - 2, start - _ESCAPE_CHARS_MAX)
        if at >= 0 and text[at] == "\\"
    )
    return "" if is_escape else text[max(0, start - 2) : start]


def _is_part(text: str, start: int, end: int, inner: frozenset[str]) -> bool:
    """Of something longer: a word, or a number with a fraction."""
    if not inner:
        return False
    before, after = _before(text, start), text[end : end + 2]
    return (
        before[-1:] in inner
        or after[:1] in inner
        or (before[-1:] == "." and before[:-1].isdigit() and text[start].isdigit())
        or (after[:1] == "." and after[1:].isdigit() and text[end - 1].isdigit())
    )


def drop_overlaps(findings: Iterable[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda finding: (finding.start, -finding.end)):
        if not kept or finding.start >= kept[-1].end:
            kept.append(finding)
        elif finding.end - finding.start > kept[-1].end - kept[-1].start:
            kept[-1] = finding
    return kept


def mask_value(value: str) -> str:
    """What a person may see of it, to find it again: at most its first four characters and a sixth of it."""
    seen = min(4, len(value) // 6)
    return f"{value[:seen]}\u2026 ({len(value)} characters)"


def replace_findings(text: str, findings: Sequence[Finding], name: Callable[[Finding], str]) -> str:
    """The text with each finding replaced. `findings` in order, without overlaps."""
    pieces: list[str] = []
    at = 0
    for finding in findings:
        pieces += (text[at : finding.start], name(finding))
        at = finding.end
    return "".join([*pieces, text[at:]])
