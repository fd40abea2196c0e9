"""JSON that people write comes back as it was, whatever a database can hold."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spanglass_server.web.langfuse.media_references import find_references
from spanglass_server.wire.json_documents import json_text

any_text = st.text(st.characters(codec=None, categories=None))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_stored_json_is_what_was_given(value: Any) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert "\0" not in text
    assert text.encode().decode() == text


@given(json_values, st.lists(st.sampled_from(["a", "b c", 0, 1]), max_size=4))
def test_a_reference_is_found_where_it_is(value: Any, path: list[str | int]) -> None:
    reference = "@@@langfuseMedia:type=image/png|id=m1|source=bytes@@@"
    nested: Any = reference
    for step in reversed(path):
        nested = {step: nested, "z": value} if isinstance(step, str) else [value] * step + [nested]
    found = [one for one in find_references(json_text(nested)) if one.media_id == "m1"]
    expected = "".join(f"['{step}']" if isinstance(step, str) else f"[{step}]" for step in path)
    assert f"${expected}" in [one.json_path for one in found]
