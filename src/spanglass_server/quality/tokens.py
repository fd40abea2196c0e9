"""How many tokens a text may come to, without any model's own tokenizer. Pure."""

import re
from typing import Final

_DENSE: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Korean, Japanese and Chinese characters: nearly a token each."""
_DENSE_TOKENS: Final = 0.9
_OTHER_TOKENS: Final = 0.27
"""A token is a little less than four letters of English, fewer of code and of other alphabets."""


def count_tokens(text: str) -> int:
    """An estimate, within a third of the truth for prose: good enough for "what will it cost"."""
    if not text:
        return 0
    dense = 0 if text.isascii() else len(_DENSE.findall(text))
    return max(1, round(dense * _DENSE_TOKENS + (len(text) - dense) * _OTHER_TOKENS))
