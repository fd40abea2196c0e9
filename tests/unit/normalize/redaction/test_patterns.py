"""What may be a pattern of one's own."""

import pytest

from spanglass_server.normalize.redaction import check_pattern


@pytest.mark.parametrize("pattern", [r"KD-\d{6}", r"(?i)project (\w+)", r"고객\s*\d+", r"\p{Hangul}{2,4}님"])
def test_usual_patterns_can_be_used(pattern: str) -> None:
    assert check_pattern(pattern) == ""


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (r"(?=x)y", "look-arounds"),
        (r"(a)\1", "back-references"),
        (r"(a", "missing )"),
        (r"a*", "empty text"),
        (r"^", "empty text"),
        (r"(a)(b)", "several groups"),
        ("", "1 to 1000"),
        ("a" * 1_001, "1 to 1000"),
        (r"((a{100}){100}){100}", "RE2 cannot use it"),
        (r"\pL{100}", "too large"),
    ],
)
def test_what_cannot_be_used_says_why(pattern: str, told: str) -> None:
    assert told in check_pattern(pattern)
