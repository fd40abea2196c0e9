"""The answer of the API where the stored data is odd."""

import orjson

from spanglass_server.web.api.shape import json_response


def test_data_nested_deeper_than_json_is_written_is_shown_to_a_depth() -> None:
    deep: list[object] = []
    for _ in range(600):
        deep = [deep]
    answer = orjson.loads(json_response({"name": "a", "input": deep}).body)
    assert answer["name"] == "a"
    for _ in range(60):
        answer = answer["input"] if isinstance(answer, dict) else answer[0]
    assert answer
