"""One request to a model and what comes back, before either API's spelling."""

import random
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from spanglass_examples.fake_models.brain import ToolCall, answer, choose_tool, count_tokens
from spanglass_examples.fake_models.judge import judge
from spanglass_examples.fake_models.profiles import Profile


class PromptCache:
    """Prefixes that were sent lately, with the time until which they are kept."""

    def __init__(self, *, kept_s: float = 300.0) -> None:
        self._kept_s = kept_s
        self._lock = threading.Lock()
        self._kept_until_s: dict[tuple[str, int], float] = {}

    def touch(self, model: str, prefix: str, *, now_s: float) -> bool:
        """Whether the prefix was there; it is from now on."""
        key = (model, hash(prefix))
        with self._lock:
            was_there = self._kept_until_s.get(key, 0.0) > now_s
            self._kept_until_s[key] = now_s + self._kept_s
            return was_there


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    id: str
    """24 random characters; each API puts its own prefix before."""
    request_id: str
    model: str
    text: str
    tool_call: ToolCall | None
    input_tokens: int
    """All of them, cached ones included."""
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int


class Form(NamedTuple):
    tool: str
    schema: Mapping[str, Any]
    """JSON Schema of its arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    model: str
    is_streamed: bool
    text: str
    """Everything the model reads."""
    question: str
    """The last thing the user said, with the documents that came along."""
    cached_prefix: str
    """The part that the caller, or the provider by itself, wants kept; empty for none."""
    is_cache_write_billed: bool
    tools: tuple[str, ...] = ()
    used_tools: tuple[str, ...] = ()
    results: Mapping[str, str] = field(default_factory=dict)
    """What the tools answered so far, by tool."""
    form: Form | None = None
    """The tool that must be called: the prompt asks for a judgement."""

    def complete(
        self, profile: Profile, cache: PromptCache, *, now_s: float, chance: random.Random
    ) -> Completion:
        call = self._call()
        said = "" if call else self._answer(profile, chance)
        if call and not self.used_tools and not self.form:
            said = "Let me look that up."
        prefix_tokens = count_tokens(self.cached_prefix)
        was_cached = bool(prefix_tokens) and cache.touch(self.model, self.cached_prefix, now_s=now_s)
        is_written = bool(prefix_tokens) and not was_cached and self.is_cache_write_billed
        return Completion(
            id=secrets.token_hex(12),
            request_id=f"req_{secrets.token_hex(12)}",
            model=self.model,
            text=said,
            tool_call=call,
            input_tokens=count_tokens(self.text) + 8,
            cache_read_tokens=prefix_tokens if was_cached else 0,
            cache_write_tokens=prefix_tokens if is_written else 0,
            output_tokens=count_tokens(said) + (count_tokens(str(call.arguments)) + 20 if call else 0),
        )

    def _call(self) -> ToolCall | None:
        if self.form:
            return ToolCall(self.form.tool, judge(self.question, self.form.schema))
        return choose_tool(self.question, self.tools, self.used_tools) if self.tools else None

    def _answer(self, profile: Profile, chance: random.Random) -> str:
        found = "".join(f"\n- {name}: {result[:400]}" for name, result in self.results.items())
        lead = f"I checked this with {len(self.results)} tools.{found}\n\n" if found else ""
        return lead + answer(self.question, verbosity=profile.verbosity, chance=chance)
