"""Bounds of what is rendered: a span's content is anything a sender liked to put there."""

from typing import Final

DEPTH_MAX: Final = 12
"""Blocks inside blocks; deeper ones are shown as they came."""

MEDIA_DATA_CHARS_MAX: Final = 1_000_000
"""Base64 characters of one image, sound or file; larger ones are named with their size and left out."""

MESSAGES_MAX: Final = 5_000
"""Messages of one direction of one span; the last ones are kept."""
