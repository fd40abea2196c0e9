"""Encoding 10: MLflow's `mlflow.spanInputs` / `mlflow.spanOutputs`, a provider's raw request and response."""

from spanglass_server.normalize.messages.source import Source, Turns, read_conversation


def read(source: Source) -> Turns:
    return Turns(
        read_conversation(source, ("mlflow.spanInputs",), "user"),
        read_conversation(source, ("mlflow.spanOutputs",), "assistant"),
    )
