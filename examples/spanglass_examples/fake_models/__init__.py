"""An imitation of two model providers over real HTTP: Anthropic's Messages API and OpenAI's Chat Completions
and Embeddings, streamed and not, with tools, prompt caching, usage and errors."""

from spanglass_examples.fake_models.server import ModelServer

__all__ = ["ModelServer"]
