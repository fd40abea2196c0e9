"""How texts are counted, split and shown; the same for every language."""

import re
import unicodedata

SHOWN_CHARS_MAX = 120

_SPACES = re.compile(r"\s+")
_EACH_ALONE = (
    "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
)
"""Scripts that put no spaces between words: each character counts as a word, as in word processors."""
_WORD = re.compile(f"[{_EACH_ALONE}]|[^\\W{_EACH_ALONE}]+(?:['\u2019.,][^\\W{_EACH_ALONE}]+)*")
_SYLLABLES = re.compile(f"[{_EACH_ALONE}\uac00-\ud7a3]|[^\\W{_EACH_ALONE}\uac00-\ud7a3]+")
_SENTENCE_END = re.compile(r"[.!?\u2026]+[\"'\u201d\u2019)\]]*(?=\s|$)|[\u3002\uff01\uff1f]+|\n\s*\n")
_DENSE = re.compile(f"[{_EACH_ALONE}\uac00-\ud7a3]")


def shown(text: str, chars_max: int = SHOWN_CHARS_MAX) -> str:
    """A piece of text as a comment quotes it: on one line, cut where it is long."""
    line = _SPACES.sub(" ", valid_unicode(text[: chars_max * 4])).strip()
    return f"\u201c{line}\u201d" if len(line) <= chars_max else f"\u201c{line[: chars_max - 1]}\u2026\u201d"


def valid_unicode(text: str) -> str:
    """With lone surrogates, which JSON can smuggle into a text, as question marks: no score can hold them."""
    return text.encode("utf-8", "replace").decode()


def plural(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def count_words(text: str) -> int:
    """Words between spaces and marks; of Chinese, Japanese and Thai each character."""
    return sum(1 for _ in _WORD.finditer(text))


def count_sentences(text: str) -> int:
    """Stretches of text that end with a full stop, a question or exclamation mark, or a blank line."""
    ends = _SENTENCE_END.split(text)
    return sum(1 for stretch in ends if any(char.isalnum() for char in stretch))


def estimate_tokens(text: str) -> int:
    """About how many tokens a model reads, within a third for common languages: four characters each, of
    Chinese, Japanese and Korean 1.5."""
    dense = sum(1 for _ in _DENSE.finditer(text))
    return round((len(text) - dense) / 4 + dense / 1.5)


def normalize_text(text: str) -> str:
    """For comparisons: compatibility forms, case, marks and spaces do not count."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join([char if char.isalnum() or unicodedata.combining(char) else " " for char in folded])
    return " ".join(kept.split())


def split_tokens(text: str) -> list[str]:
    """Normalized words; of Chinese, Japanese and Thai each character, and of Korean each syllable, since
    particles are written onto words (as the KorQuAD benchmark counts)."""
    return _SYLLABLES.findall(normalize_text(text))
