"""Long texts within a budget: fair to all of them, cut in the middle, and marked."""

from collections.abc import Sequence
from typing import Final

_SMALLEST_PART: Final = 200
"""Characters of which something can still be understood."""


def clip_middle(text: str, chars_max: int) -> str:
    """At most about `chars_max` of its characters: the beginning and, a little less, the end."""
    if len(text) <= chars_max:
        return text
    head = chars_max * 3 // 5
    tail = chars_max - head
    left_out = len(text) - head - tail
    return f"{text[:head]}\n[... {left_out} characters left out ...]\n{text[len(text) - tail :]}"


def share_fairly(lengths: Sequence[int], budget: int) -> list[int]:
    """How much each may have: all that it needs where that is less than an equal share, and what is spared so
    goes to the longer ones."""
    shares = [0] * len(lengths)
    left = budget
    waiting = sorted(range(len(lengths)), key=lengths.__getitem__)
    for served, place in enumerate(waiting):
        shares[place] = min(lengths[place], left // (len(waiting) - served))
        left -= shares[place]
    return shares


def clip_parts(parts: Sequence[str], budget: int) -> tuple[list[str], int]:
    """Parts that fit together, and how many were cut or left out. Where there are too many for all to be
    understood, the last ones are left out."""
    kept = parts[: max(1, budget // _SMALLEST_PART)]
    if len(kept) < len(parts) and sum(map(len, parts)) <= budget:
        kept = parts
    shares = share_fairly([len(part) for part in kept], budget)
    clipped = [clip_middle(part, share) for part, share in zip(kept, shares, strict=True)]
    cut = sum(share < len(part) for part, share in zip(kept, shares, strict=True))
    left_out = len(parts) - len(kept)
    if left_out:
        clipped.append(f"[... {left_out} more left out ...]")
    return clipped, cut + left_out
