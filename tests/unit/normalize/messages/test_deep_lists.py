"""Lists in lists: LangChain's batches, and what a broken program sends."""

from spanglass_server.normalize.messages.conversation import conversation


def test_a_list_of_batches_is_read() -> None:
    found = conversation([[{"role": "user", "content": "hi"}]], "user")
    assert found is not None
    assert [message.role for message in found] == ["user"]


def test_lists_nested_without_end_hold_no_messages() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert not conversation(deep, "user")
