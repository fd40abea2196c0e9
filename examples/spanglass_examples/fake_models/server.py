"""The server: routes, latency, prompt caching and errors, the same for both providers' APIs."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from spanglass_examples.conditions import World
from spanglass_examples.fake_models import anthropic_api, openai_api
from spanglass_examples.fake_models.brain import count_tokens, embed
from spanglass_examples.fake_models.profiles import PROFILES, Profile
from spanglass_examples.fake_models.turn import Prompt, PromptCache
from spanglass_examples.http_server import Json, Reply, Request, serving

_STEPS: Final = 14
"""Pieces that a streamed answer comes in, at most."""


class _Failure(NamedTuple):
    status: int
    share: float


_FAILURES: Final = {
    "anthropic": (_Failure(529, 0.6), _Failure(429, 0.3), _Failure(500, 0.1)),
    "openai": (_Failure(429, 0.6), _Failure(500, 0.4)),
}


class ModelServer:
    """Answers like the real APIs would, under the world's conditions.

    Requests that fail carry `retry-after-ms`, which both official clients heed, so that a retry under a clock
    without waiting does not wait either.
    """

    def __init__(self, world: World, *, seed: int) -> None:
        self._world = world
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._cache = PromptCache()

    @contextmanager
    def running(self) -> Iterator[str]:
        """Yields the base URL: the Anthropic client takes it as it is, OpenAI's with `/v1`."""
        with serving(self.handle) as url:
            yield url

    def handle(self, request: Request) -> Reply:
        model = str(request.body.get("model", ""))
        profile = PROFILES.get(model)
        if profile is None:
            return _not_found(request, model)
        with self._lock:
            chance = random.Random(self._chance.getrandbits(64))
        failure = self._fails(profile, chance)
        if failure is not None:
            return failure
        if request.path == "/v1/messages":
            return self._complete(anthropic_api.read(request.body), request, profile, chance)
        if request.path == "/v1/chat/completions":
            return self._complete(openai_api.read(request.body), request, profile, chance)
        if request.path == "/v1/embeddings":
            return self._embed(request.body, profile, chance)
        return _not_found(request, request.path)

    def _complete(self, prompt: Prompt, request: Request, profile: Profile, chance: random.Random) -> Reply:
        completion = prompt.complete(profile, self._cache, now_s=self._world.clock.now_s(), chance=chance)
        api = anthropic_api if profile.provider == "anthropic" else openai_api
        self._wait(profile, profile.first_token_after_s(completion.input_tokens, chance))
        seconds = completion.output_tokens / profile.output_tokens_per_s
        if not prompt.is_streamed:
            self._wait(profile, seconds)
            return Reply(body=api.render(completion), headers={"request-id": completion.request_id})
        return Reply(
            chunks=self._stream(api.render_stream(completion, steps=_STEPS), profile, seconds),
            headers={"request-id": completion.request_id},
        )

    def _stream(self, events: list[bytes], profile: Profile, seconds: float) -> Iterator[bytes]:
        for position, event in enumerate(events):
            if position:
                self._wait(profile, seconds / max(1, len(events) - 1))
            yield event
            if position == 0:
                # The time of the first piece is what people look at.
                self._world.clock.let_arrive()

    def _embed(self, body: Json, profile: Profile, chance: random.Random) -> Reply:
        given = body.get("input", "")
        texts = [given] if isinstance(given, str) else list(given)
        tokens = sum(count_tokens(text) for text in texts)
        self._wait(profile, profile.first_token_after_s(tokens, chance))
        is_base64 = body.get("encoding_format") == "base64"
        vectors = [embed(text) for text in texts]
        return Reply(
            body=openai_api.render_embeddings(vectors, str(body["model"]), tokens, is_base64=is_base64)
        )

    def _fails(self, profile: Profile, chance: random.Random) -> Reply | None:
        if chance.random() >= self._world.conditions.error_rate:
            return None
        self._wait(profile, chance.uniform(0.1, 0.4))
        failures = _FAILURES[profile.provider]
        (failure,) = chance.choices(failures, [one.share for one in failures])
        api = anthropic_api if profile.provider == "anthropic" else openai_api
        return Reply(
            status=failure.status, body=api.render_error(failure.status), headers={"retry-after-ms": "5"}
        )

    def _wait(self, profile: Profile, seconds: float) -> None:
        conditions = self._world.conditions
        slowness = conditions.provider_slowness if conditions.slow_provider == profile.provider else 1.0
        self._world.clock.sleep(seconds * slowness)


def _not_found(request: Request, what: str) -> Reply:
    message = f"there is no {what!r} here"
    if request.path.startswith("/v1/messages"):
        body: Json = {"type": "error", "error": {"type": "not_found_error", "message": message}}
    else:
        body = {"error": {"type": "invalid_request_error", "code": "model_not_found", "message": message}}
    return Reply(status=404, body=body)
