"""Cursors come back as they were, and nothing else comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass_server.base.errors import BadCursor
from spanglass_server.query.cursor import Position, decode_cursor, encode_cursor

int64 = st.integers(-(2**63), 2**63 - 1)
positions = st.builds(
    Position, int64, int64, int64, int64, st.lists(st.text(max_size=20), min_size=1, max_size=2).map(tuple)
)
POSITION = Position(1, 2, 3, 4, ("a",))


@given(positions, st.text())
def test_a_cursor_comes_back(position: Position, list_id: str) -> None:
    assert decode_cursor(encode_cursor(position, list_id), list_id) == position


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(BadCursor, match="belongs to another list"):
        decode_cursor(encode_cursor(POSITION, "traces by time"), "traces by cost")


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        decode_cursor(text, "list")


def test_a_changed_cursor_is_refused() -> None:
    cursor = encode_cursor(POSITION, "list")
    for place in range(len(cursor)):
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        if changed != cursor:
            with pytest.raises(BadCursor):
                decode_cursor(changed, "list")
