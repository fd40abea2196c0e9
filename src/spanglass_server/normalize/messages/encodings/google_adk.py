"""Encoding 13: Google's Agent Development Kit, Gemini's request and response as one JSON text each."""

from spanglass_server.normalize.messages.source import Source, Turns, read_conversation


def read(source: Source) -> Turns:
    return Turns(
        read_conversation(source, ("gcp.vertex.agent.llm_request",), "user"),
        read_conversation(source, ("gcp.vertex.agent.llm_response",), "assistant"),
    )
