"""A model that judges, on loopback: Anthropic's messages and OpenAI's chat completions over real HTTP.

    judge = FakeJudge()                       # serves at once, on a free port, in a thread of its own
    judge.anthropic_url, judge.openai_url     # what a connection takes as its base URL
    judge.latency_s = 0.05
    judge.quality = 0.2                       # or a function of a `JudgeCall`; else it follows from the text
    judge.fail_next("429:1", "529")           # the next requests, in order; see FAULTS
    judge.fail_always("401"); judge.fail_always(None)
    judge.stats(), judge.calls                # what it was asked

By itself, for programs in other processes: `python -m tests.support.fake_judge --port 8080 --latency-ms 50`;
`GET /fake/stats`, `POST /fake/configure {"latency_s": 0.1, "quality": 0.9, "fail_next": ["429"], ...}`,
`POST /fake/reset`.

Answers have the form that the request's schema asks for and follow from the judged text alone.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

FAULTS: Final[Mapping[str, str]] = {
    "429": "too many requests; `429:3` says Retry-After: 3",
    "500": "internal error",
    "503": "unavailable; `503:3` says Retry-After: 3",
    "529": "overloaded",
    "401": "wrong key, which the answer repeats as careless servers do",
    "404": "unknown model",
    "too_long": "400: the prompt is longer than the model can read",
    "quota": "the account has no money left, as each API says it",
    "no_tools": "400 where tools or formats are given: this model has none",
    "no_temperature": "400 where a temperature is given",
    "no_thinking": "400 where it is said how much to think",
    "hang": "never answers",
    "disconnect": "closes the connection without an answer",
    "no_json": "text instead of the form",
    "wrong_type": "a text where a number belongs",
    "out_of_range": "a number outside of the scale",
    "missing": "an object without what was asked for",
    "truncated": "the answer ends in the middle: its tokens were used up",
    "refusal": "the model declines",
    "echo": "repeats the prompt as its text",
}

_KEPT_CALLS_MAX: Final = 20_000
_BOUNDARY: Final = re.compile(r"boundary of this request is ([0-9a-zA-Z]+)")
_STEERING: Final = re.compile(
    r"(?i)\b(ignore|disregard|forget)\b.{0,40}\b(instructions|above|previous|rubric)\b"
)
_RATES: Final = re.compile(r"(?i)\banswer (?:with )?(?:a )?([0-9.]+)")


class JudgeCall(NamedTuple):
    """One request, as it was understood."""

    api: str
    """`anthropic` or `openai`."""
    model: str
    system: str
    prompt: str
    """The user's messages, together."""
    schema: Mapping[str, Any] | None
    """Of the answer that was asked for."""
    mode: str
    """How it was asked for: `tool`, `native` or `text`."""
    tool_name: str
    key: str
    """What was judged, by the server's `key_pattern`."""
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    at_s: float

    @property
    def texts(self) -> Mapping[str, str]:
        """The judged texts by name, as they stand between the boundaries."""
        return read_blocks(self.prompt)[0]

    @property
    def outside(self) -> str:
        """What a judge is told: everything that is not between boundaries."""
        return self.system + "\n" + read_blocks(self.prompt)[1]


def read_blocks(prompt: str) -> tuple[dict[str, str], str]:
    """The texts between boundaries by name, and the rest; all is rest where no boundary is told."""
    told = _BOUNDARY.search(prompt)
    if told is None:
        return {}, prompt
    opening, closing = f"<<<{told[1]} ", f"{told[1]}>>>"
    blocks: dict[str, list[str]] = {}
    rest: list[str] = []
    inside: list[str] | None = None
    for line in prompt.split("\n"):
        if inside is not None:
            if line == closing:
                inside = None
            else:
                inside.append(line)
        elif line.startswith(opening):
            inside = blocks.setdefault(line.removeprefix(opening), [])
        else:
            rest.append(line)
    return {name: "\n".join(lines) for name, lines in blocks.items()}, "\n".join(rest)


class _Answer(NamedTuple):
    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = {}


class FakeJudge:
    """Attributes may be changed at any time; they hold for requests that come afterwards."""

    def __init__(self, *, port: int = 0, host: str = "127.0.0.1") -> None:
        self.latency_s = 0.0
        self.quality: float | Callable[[JudgeCall], float] | None = None
        """0..1: a number's place within its bounds, a category's among its labels (1: the first)."""
        self.api_key = ""
        """Required where given."""
        self.is_obedient = False
        """Follows instructions to ignore its own that stand outside of the boundaries, in free text."""
        self.key_pattern = re.compile(r"\bcase-[0-9A-Za-z]+")
        """Finds in the judged texts what was judged, for `calls_by_key`."""
        self.cached_share = 0.0
        """Of the input tokens, told as read from the prompt cache."""
        self.answer: Callable[[JudgeCall], Mapping[str, Any] | None] = lambda _call: None
        """The whole answer; None for the usual one."""
        self.reset()
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        started = threading.Event()
        self._thread = threading.Thread(
            target=self._serve, args=(host, port, started), daemon=True, name="fake-judge"
        )
        self._thread.start()
        assert started.wait(30)
        self.url = f"http://{host}:{self.port}"
        self.anthropic_url = self.url
        self.openai_url = f"{self.url}/v1"

    def reset(self) -> None:
        """Forgets what it was asked and how to fail."""
        self.calls: deque[JudgeCall] = deque(maxlen=_KEPT_CALLS_MAX)
        self.calls_by_key: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.request_count = 0
        self.in_flight = 0
        self.peak_concurrency = 0
        self._faults: deque[str] = deque()
        self._standing_fault: str | None = None

    def fail_next(self, *faults: str) -> None:
        self._faults.extend(_checked(fault) for fault in faults)

    def fail_always(self, fault: str | None) -> None:
        self._standing_fault = None if fault is None else _checked(fault)

    def stats(self) -> dict[str, Any]:
        with self._lock:
            return {
                "request_count": self.request_count,
                "in_flight": self.in_flight,
                "peak_concurrency": self.peak_concurrency,
                "statuses": {str(status): count for status, count in self.statuses.items()},
                "calls_by_key": dict(self.calls_by_key),
            }

    def await_requests(self, count: int, *, timeout_s: float = 60.0) -> None:
        """As many as were asked for, at least."""
        deadline = time.monotonic() + timeout_s
        while self.request_count < count:
            assert time.monotonic() < deadline, f"{self.request_count} of {count} requests"
            time.sleep(0.02)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    def __enter__(self) -> "FakeJudge":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self, host: str, port: int, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run(host, port, started))
        self._loop.close()

    async def _run(self, host: str, port: int, started: threading.Event) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connected, host, port, limit=64 * 1024, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request_line, _, rest = head.partition("\r\n")
        method, path, _ = request_line.split(" ", 2)
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in rest.split("\r\n") if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        answer = self._control(method, path, body) or await self._judge(path, headers, body)
        if answer is None:
            return False
        payload = json.dumps(answer.body).encode()
        lines = [f"HTTP/1.1 {answer.status} Status", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        lines += [f"Content-Length: {len(payload)}", "", ""]
        writer.write("\r\n".join(lines).encode("latin-1") + payload)
        await writer.drain()
        return True

    def _control(self, method: str, path: str, body: bytes) -> _Answer | None:
        if path == "/fake/stats" and method == "GET":
            return _Answer(200, self.stats())
        if path == "/fake/reset":
            self.reset()
            return _Answer(200, {})
        if path == "/fake/configure":
            return self._configure(json.loads(body or b"{}"))
        return None

    def _configure(self, wanted: Mapping[str, Any]) -> _Answer:
        for name in ("latency_s", "quality", "api_key", "is_obedient", "cached_share"):
            if name in wanted:
                setattr(self, name, wanted[name])
        self.fail_next(*wanted.get("fail_next", ()))
        if "fail_always" in wanted:
            self.fail_always(wanted["fail_always"])
        return _Answer(200, {})

    async def _judge(self, path: str, headers: Mapping[str, str], body: bytes) -> _Answer | None:
        """None: the connection is to be closed."""
        if path.endswith("/chat/completions"):
            api = "openai"
        elif path.endswith("/messages"):
            api = "anthropic"
        else:
            return _Answer(404, _problem("openai", "not_found_error", f"no such address: {path}"))
        with self._lock:
            self.request_count += 1
            self.in_flight += 1
            self.peak_concurrency = max(self.peak_concurrency, self.in_flight)
        try:
            return await self._answered(api, headers, json.loads(body))
        finally:
            with self._lock:
                self.in_flight -= 1

    async def _answered(
        self, api: str, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> _Answer | None:
        call = _read_anthropic(body, headers) if api == "anthropic" else _read_openai(body, headers)
        found = self.key_pattern.search("\n".join(call.texts.values()) or call.prompt)
        call = call._replace(key=found[0] if found else "")
        with self._lock:
            self.calls.append(call)
            self.calls_by_key[call.key] += 1
            fault = self._faults.popleft() if self._faults else self._standing_fault
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        if fault == "hang":
            await asyncio.sleep(3600)
        answer = None if fault == "disconnect" else self._decide(call, fault)
        with self._lock:
            self.statuses[0 if answer is None else answer.status] += 1
        return answer

    def _decide(self, call: JudgeCall, fault: str | None) -> _Answer:
        given = call.headers.get("x-api-key") or call.headers.get("authorization", "").removeprefix("Bearer ")
        if self.api_key and given != self.api_key:
            fault = "401"
        refusal = None if fault is None else _refusal(call, fault, given)
        if refusal is not None:
            return refusal
        if self.is_obedient and (steered := _STEERING.search(call.outside)):
            told = _RATES.search(call.outside, steered.start())
            return self._say(call, text=f"As you wish: {told[1] if told else 5}")
        if fault in ("no_json", "refusal", "echo"):
            return self._say(
                call, text=call.prompt if fault == "echo" else "I would rather not say.", fault=fault
            )
        answer = dict(self.answer(call) or make_answer(call, self._quality_of(call)))
        return self._say(call, answer=_spoiled(answer, fault), fault=fault)

    def _quality_of(self, call: JudgeCall) -> float:
        if callable(self.quality):
            return self.quality(call)
        return _hashed(call) if self.quality is None else float(self.quality)

    def _say(
        self,
        call: JudgeCall,
        *,
        answer: Mapping[str, Any] | None = None,
        text: str = "",
        fault: str | None = None,
    ) -> _Answer:
        input_tokens = max(1, (len(call.system) + len(call.prompt)) // 4)
        written = text or json.dumps(answer, ensure_ascii=False)
        usage = (input_tokens, int(input_tokens * self.cached_share), max(1, len(written) // 4))
        speak = _say_anthropic if call.api == "anthropic" else _say_openai
        return _Answer(200, speak(call, answer, text, usage, fault))


def make_answer(call: JudgeCall, quality: float) -> Mapping[str, Any]:
    """An answer of the form that was asked for: good where `quality` (0..1) is high."""
    schema = call.schema or {"type": "object", "properties": {}}
    answer: Mapping[str, Any] = _value(schema, quality, schema.get("$defs", {}))
    return answer


def _value(schema: Mapping[str, Any], quality: float, definitions: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _value(definitions[schema["$ref"].rsplit("/", 1)[-1]], quality, definitions)
    if "anyOf" in schema:
        return _value(schema["anyOf"][0], quality, definitions)
    if "enum" in schema:
        labels = schema["enum"]
        return labels[min(len(labels) - 1, int((1 - quality) * len(labels)))]
    if "const" in schema:
        return schema["const"]
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {name: _value(of, quality, definitions) for name, of in properties.items()}
        case "array":
            good = round(quality * 4)
            items = schema.get("items", {})
            return [_value(items, 1.0 if place < good else 0.0, definitions) for place in range(4)]
        case "integer":
            low, high = _bounds(schema)
            return round(low + quality * (high - low))
        case "number":
            low, high = _bounds(schema)
            return round(low + quality * (high - low), 4)
        case "boolean":
            return quality >= 0.5
        case _:
            return f"Judged as {quality:.2f} of 1."


_WORDED: Final = re.compile(r"(minimum|maximum)\W+(-?[0-9.]+)")
"""Bounds that a provider's strict schemas do not know are told in the description."""


def _bounds(schema: Mapping[str, Any]) -> tuple[float, float]:
    worded = dict(_WORDED.findall(schema.get("description", "")))
    low = schema.get("minimum", worded.get("minimum", 0))
    return float(low), float(schema.get("maximum", worded.get("maximum", 1)))


def _hashed(call: JudgeCall) -> float:
    judged = json.dumps(call.texts, sort_keys=True) if call.texts else call.prompt
    return int.from_bytes(hashlib.sha256(judged.encode()).digest()[:4], "big") / 2**32


def _spoiled(answer: dict[str, Any], fault: str | None) -> Mapping[str, Any]:
    if fault == "missing":
        return {}
    if fault not in ("wrong_type", "out_of_range"):
        return answer
    wrong: Any = {"not": "this"} if fault == "wrong_type" else 999
    return {name: value if name == "reason" else wrong for name, value in answer.items()}


def _checked(fault: str) -> str:
    assert fault.partition(":")[0] in FAULTS, f"unknown fault {fault}"
    return fault


def _refusal(call: JudgeCall, fault: str, key: str) -> _Answer | None:
    kind, _, retry_after = fault.partition(":")
    headers = {"Retry-After": retry_after} if retry_after else {}
    match kind:
        case "429":
            return _Answer(429, _problem(call.api, "rate_limit_error", "slow down"), headers)
        case "500":
            return _Answer(500, _problem(call.api, "api_error", "something broke"))
        case "503":
            return _Answer(503, _problem(call.api, "api_error", "not now"), headers)
        case "529":
            return _Answer(529, _problem(call.api, "overloaded_error", "Overloaded"))
        case "401":
            return _Answer(401, _problem(call.api, "authentication_error", f"invalid key: {key}"))
        case "404":
            return _Answer(404, _problem(call.api, "not_found_error", f"model: {call.model}"))
        case "quota" if call.api == "anthropic":
            told = "Your credit balance is too low to access the Anthropic API."
            return _Answer(400, _problem(call.api, "invalid_request_error", told))
        case "quota":
            return _Answer(429, _problem(call.api, "insufficient_quota", "no money left"))
        case "too_long":
            return _Answer(400, _too_long(call.api))
        case "no_temperature" if "temperature" in call.body:
            told = "Unsupported value: 'temperature' does not support 0.0 with this model."
            return _Answer(400, _problem(call.api, "invalid_request_error", told))
        case "no_thinking" if "thinking" in call.body or "reasoning_effort" in call.body:
            told = "Unrecognized request argument supplied: thinking, reasoning_effort"
            return _Answer(400, _problem(call.api, "invalid_request_error", told))
        case "no_tools" if call.mode != "text":
            told = f"{call.model} does not support {'tools' if call.mode == 'tool' else 'response_format'}"
            return _Answer(400, _problem(call.api, "invalid_request_error", told))
        case _:
            return None


def _problem(api: str, kind: str, message: str) -> dict[str, Any]:
    if api == "anthropic":
        return {"type": "error", "error": {"type": kind, "message": message}}
    code = kind if kind in ("insufficient_quota", "context_length_exceeded") else None
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _too_long(api: str) -> dict[str, Any]:
    if api == "anthropic":
        message = "prompt is too long: 250000 tokens > 200000 maximum"
        return _problem(api, "invalid_request_error", message)
    message = (
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 200000."
    )
    return _problem(api, "context_length_exceeded", message)


def _read_anthropic(body: Mapping[str, Any], headers: Mapping[str, str]) -> JudgeCall:
    tool = next(iter(body.get("tools") or []), None)
    native = (body.get("output_config") or {}).get("format") or body.get("output_format")
    schema = tool["input_schema"] if tool else native["schema"] if native else None
    return _call("anthropic", body, headers, _text(body.get("system", "")), schema, tool, native)


def _read_openai(body: Mapping[str, Any], headers: Mapping[str, str]) -> JudgeCall:
    tool = next((tool["function"] for tool in body.get("tools") or []), None)
    native = (body.get("response_format") or {}).get("json_schema")
    schema = tool["parameters"] if tool else native["schema"] if native else None
    system = "\n".join(
        _text(message["content"])
        for message in body["messages"]
        if message["role"] in ("system", "developer")
    )
    return _call("openai", body, headers, system, schema, tool, native)


def _call(
    api: str,
    body: Mapping[str, Any],
    headers: Mapping[str, str],
    system: str,
    schema: Mapping[str, Any] | None,
    tool: Mapping[str, Any] | None,
    native: object,
) -> JudgeCall:
    prompt = "\n".join(_text(message["content"]) for message in body["messages"] if message["role"] == "user")
    return JudgeCall(
        api=api,
        model=body["model"],
        system=system,
        prompt=prompt,
        schema=schema or _worded_schema(system) or _worded_schema(prompt),
        mode="tool" if tool else "native" if native else "text",
        tool_name=tool["name"] if tool else "",
        key="",
        body=body,
        headers=headers,
        at_s=time.monotonic(),
    )


def _worded_schema(text: str) -> Mapping[str, Any] | None:
    """A schema that the instructions spell out, where a model has neither tools nor formats."""
    for place in (match.start() for match in re.finditer(r"\{", text)):
        with contextlib.suppress(ValueError):
            found, _ = json.JSONDecoder().raw_decode(text[place:])
            if isinstance(found, dict) and "properties" in found:
                return found
    return None


def _text(content: str | Sequence[Mapping[str, Any]] | None) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(str(part.get("text", "")) for part in content)


_Usage = tuple[int, int, int]
"""Input tokens, those of them that were cached, output tokens."""


def _say_anthropic(
    call: JudgeCall, answer: Mapping[str, Any] | None, text: str, usage: _Usage, fault: str | None
) -> dict[str, Any]:
    input_tokens, cached, output_tokens = usage
    block: dict[str, Any] = {"type": "text", "text": text or json.dumps(answer)}
    stop = "end_turn"
    if call.mode == "tool" and answer is not None:
        given = {} if fault == "truncated" else answer
        block = {"type": "tool_use", "id": "toolu_fake", "name": call.tool_name, "input": given}
        stop = "tool_use"
    elif fault == "truncated":
        block["text"] = block["text"][: len(block["text"]) // 2]
    stop = {"truncated": "max_tokens", "refusal": "refusal"}.get(fault or "", stop)
    return {
        "id": "msg_fake",
        "type": "message",
        "role": "assistant",
        "model": call.model,
        "content": [block],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {
            "input_tokens": input_tokens - cached,
            "cache_read_input_tokens": cached,
            "cache_creation_input_tokens": 0,
            "output_tokens": output_tokens,
        },
    }


def _say_openai(
    call: JudgeCall, answer: Mapping[str, Any] | None, text: str, usage: _Usage, fault: str | None
) -> dict[str, Any]:
    input_tokens, cached, output_tokens = usage
    written = text or json.dumps(answer)
    if fault == "truncated":
        written = written[: len(written) // 2]
    message: dict[str, Any] = {"role": "assistant", "content": written, "refusal": None}
    finish = "stop"
    if call.mode == "tool" and answer is not None:
        function = {"name": call.tool_name, "arguments": written}
        message = {
            "role": "assistant",
            "content": None,
            "refusal": None,
            "tool_calls": [{"id": "call_fake", "type": "function", "function": function}],
        }
        finish = "tool_calls"
    finish = {"truncated": "length", "refusal": "content_filter"}.get(fault or "", finish)
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "provider": "fake",
        "created": 1_700_000_000,
        "model": call.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {
            "prompt_tokens": input_tokens,
            "completion_tokens": output_tokens,
            "total_tokens": input_tokens + output_tokens,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="A fake judge that speaks Anthropic's and OpenAI's APIs.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=50.0)
    given = parser.parse_args()
    judge = FakeJudge(port=given.port, host=given.host)
    judge.latency_s = given.latency_ms / 1000
    print(json.dumps({"anthropic_url": judge.anthropic_url, "openai_url": judge.openai_url}), flush=True)  # noqa: T201
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        judge.close()


if __name__ == "__main__":
    main()
