"""Requests to models by pydantic-ai. Importing it takes seconds: only `connection` does, when first asked."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

import httpx2
from pydantic import BaseModel
from pydantic_ai import exceptions
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, infer_model
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.providers import Provider as LibraryProvider
from pydantic_ai.providers import infer_provider_class
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from spanglass.evaluators.judge.problems import FormRefused, JudgeProblem, JudgeUsage, SettingRefused
from spanglass.evaluators.judge.providers import Provider

_FORM_NAME: Final = "judgement"
_FORM_PURPOSE: Final = "Gives the judgement."
_NO_KEY: Final = "none"
"""Sent where there is no key: an empty one would be looked for in the environment."""
_MESSAGE_CHARS_MAX: Final = 300
_CONNECT_S: Final = 10.0


class Received(NamedTuple):
    """One answer, as it came."""

    form: str | Mapping[str, Any] | None
    """What should have the form: a tool's arguments or a whole text; None where there is neither."""
    text: str
    is_cut: bool
    is_declined: bool
    model: str
    response_id: str
    usage: JudgeUsage


class Endpoint:
    """A model with its connections; for one event loop."""

    def __init__(
        self,
        provider: Provider,
        model: str,
        *,
        base_url: str,
        api_key: str,
        temperature: float | None,
        thinking: bool,
        timeout_s: float,
        http_client: Callable[[], httpx2.AsyncClient] | None,
    ) -> None:
        self._key = api_key
        self._provider = provider
        self._client = (http_client or _http_client)() if provider.takes_http_client else None
        if self._client is not None:
            self._client.timeout = httpx2.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S))
        try:
            self._model = _make_model(provider, model, base_url, api_key, self._client)
        except (exceptions.UserError, ImportError, ValueError) as error:
            raise JudgeProblem(
                f"{provider.name} {model} cannot be used: {self._said(str(error))}", scope="evaluator"
            ) from None
        self._settings = ModelSettings(timeout=timeout_s, thinking=thinking)
        if temperature is not None and _takes_temperature(self._model):
            self._settings["temperature"] = temperature

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def request(
        self, system: str, prompt: str, schema: type[BaseModel], max_tokens: int, *, form: str
    ) -> Received:
        """Raises FormRefused, SettingRefused, JudgeProblem."""
        messages: list[ModelMessage] = [
            ModelRequest(parts=[SystemPromptPart(content=system), UserPromptPart(content=prompt)])
        ]
        settings = self._settings.copy()
        settings["max_tokens"] = max_tokens
        try:
            response = await self._model.request(messages, settings, _parameters(schema, form))
        except exceptions.AgentRunError as error:
            raise self._problem_of(error, form, settings) from None
        except exceptions.UserError as error:
            raise FormRefused(self._said(str(error))) from None
        except Exception as error:  # noqa: BLE001 - whatever a service's strange answer makes of the library
            raise _unreadable(self._name, self._said(f"{type(error).__name__}: {error}"), None) from None
        return _received(response, form)

    def _problem_of(self, error: exceptions.AgentRunError, form: str, sent: ModelSettings) -> Exception:
        said = self._said(_message_of(error))
        if _is_rejection(error) and self._leave_out(said, sent):
            return SettingRefused(said)
        if form != "prompted" and _is_rejection(error) and _ABOUT_FORM.search(said):
            return FormRefused(said)
        for kind, explain in _EXPLAINED:
            if isinstance(error, kind):
                return explain(self._name, said, getattr(error, "retry_after", None))
        return _unreadable(self._name, said, None)

    def _leave_out(self, said: str, sent: ModelSettings) -> bool:
        """Whether the service does not take a setting that can be done without. Models newer than the library
        take fewer than it knows."""
        if "temperature" in sent and "temperature" in said.lower():
            self._settings.pop("temperature", None)
            return True
        if "thinking" in sent and _ABOUT_THINKING.search(said):
            self._settings.pop("thinking", None)
            return True
        return False

    @property
    def _name(self) -> str:
        return f"{self._provider.name} {self._model.model_name}"

    def _said(self, message: str) -> str:
        """A service's own words, without the key that some of them repeat."""
        words = " ".join((message.replace(self._key, "***") if self._key else message).split())
        return words if len(words) <= _MESSAGE_CHARS_MAX else words[:_MESSAGE_CHARS_MAX] + "..."


def _make_model(
    provider: Provider,
    model: str,
    base_url: str,
    api_key: str,
    client: httpx2.AsyncClient | None,
) -> Model[Any]:
    """Nothing is left to the environment: its keys belong to the services' own addresses."""
    url = base_url or provider.default_url
    kind = "openai-chat" if provider.name == "openai" else provider.name
    if provider.name == "anthropic":
        return infer_model(f"anthropic:{model}", lambda _: _anthropic(url, api_key, client))
    if provider.modules == ("openai",):
        return infer_model(f"{kind}:{model}", lambda _: _openai(provider, url, api_key, client))
    made: dict[str, Any] = {}
    if api_key or provider.needs_key:
        made["api_key"] = api_key or _NO_KEY
    if url:
        made["base_url"] = url
    if client is not None:
        made["http_client"] = client
    return infer_model(f"{kind}:{model}", lambda name: infer_provider_class(name)(**made))


def _anthropic(url: str, api_key: str, client: httpx2.AsyncClient | None) -> LibraryProvider[Any]:
    from anthropic import AsyncAnthropic
    from pydantic_ai.providers.anthropic import AnthropicProvider

    made = AsyncAnthropic(api_key=api_key or _NO_KEY, base_url=url, max_retries=0, http_client=client)
    return AnthropicProvider(anthropic_client=made)


def _openai(
    provider: Provider, url: str, api_key: str, client: httpx2.AsyncClient | None
) -> LibraryProvider[Any]:
    from openai import AsyncOpenAI
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    made = AsyncOpenAI(api_key=api_key or _NO_KEY, base_url=url, max_retries=0, http_client=client)
    made.organization = made.project = None
    if provider.name == "openai" and not url.startswith(provider.default_url):
        return OpenAICompatibleProvider(provider.name, openai_client=made)
    make: Callable[..., LibraryProvider[Any]] = infer_provider_class(provider.name)
    return make(openai_client=made)


def _http_client() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(limits=httpx2.Limits(max_connections=None, max_keepalive_connections=100))


def _takes_temperature(model: Model[Any]) -> bool:
    profile: Mapping[str, Any] = model.profile
    if profile.get("anthropic_disallows_sampling_settings"):
        return False
    return not (profile.get("openai_supports_reasoning") and profile.get("thinking_enabled_by_default"))


@lru_cache(maxsize=512)
def _parameters(schema: type[BaseModel], form: str) -> ModelRequestParameters:
    described = schema.model_json_schema()
    if form == "tool":
        tool = ToolDefinition(name=_FORM_NAME, description=_FORM_PURPOSE, parameters_json_schema=described)
        return ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)
    described_object = OutputObjectDefinition(
        json_schema=described, name=_FORM_NAME, description=_FORM_PURPOSE
    )
    return ModelRequestParameters(
        output_mode="native" if form == "native" else "prompted", output_object=described_object
    )


def _received(response: ModelResponse, form: str) -> Received:
    text = "".join(part.content for part in response.parts if isinstance(part, TextPart))
    calls = [
        part for part in response.parts if isinstance(part, ToolCallPart) and part.tool_name == _FORM_NAME
    ]
    arguments = calls[0].args if calls else None
    usage = response.usage
    return Received(
        form=arguments if form == "tool" else text or None,
        text=text if arguments is None else calls[0].args_as_json_str(),
        is_cut=response.finish_reason == "length",
        is_declined=response.finish_reason == "content_filter",
        model=response.model_name or "",
        response_id=response.provider_response_id or "",
        usage=JudgeUsage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_tokens,
        ),
    )


_ABOUT_FORM: Final = re.compile(
    r"(?i)\b(tools?|tool_choice|function[ _]?call\w*|response_format|json_schema|output_config|output_format"
    r"|structured[ _]outputs?)\b"
)


_ABOUT_THINKING: Final = re.compile(r"(?i)\bthinking\b|reasoning[._ ]?effort")


def _is_rejection(error: exceptions.AgentRunError) -> bool:
    others = (exceptions.ModelAuthenticationError, exceptions.ModelContextWindowExceededError)
    return isinstance(error, exceptions.ModelRequestRejectedError) and not isinstance(error, others)


def _message_of(error: exceptions.AgentRunError) -> str:
    """The service's own words where there are some; what broke the connection; or else the library's."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    if isinstance(inner, dict) and inner.get("message"):
        return str(inner["message"])
    found: BaseException = error
    while isinstance(error, exceptions.ModelConnectionError) and found.__cause__ is not None:
        found = found.__cause__
    return str(found) or type(found).__name__


def _busy(name: str, said: str, retry_after_s: float | None) -> JudgeProblem:
    return JudgeProblem(
        f"{name} is busy: {said}", scope="evaluator", is_transient=True, retry_after_s=retry_after_s
    )


def _broken(name: str, said: str, retry_after_s: float | None) -> JudgeProblem:
    return JudgeProblem(
        f"{name} failed: {said}",
        scope="evaluator",
        is_transient=True,
        retry_after_s=retry_after_s,
        is_ambiguous=True,
    )


def _unreached(name: str, said: str, retry_after_s: float | None) -> JudgeProblem:
    return JudgeProblem(
        f"{name} could not be reached: {said}",
        scope="evaluator",
        is_transient=True,
        is_ambiguous=True,
        hint="is the connection's base URL right, and does this machine reach it?",
    )


def _unpaid(name: str, said: str, retry_after_s: float | None) -> JudgeProblem:
    return JudgeProblem(
        f"{name} refuses to work for this account: {said}",
        scope="evaluator",
        hint="its quota is used up: look at the provider's billing page",
    )


def _unauthorized(name: str, said: str, retry_after_s: float | None) -> JudgeProblem:
    return JudgeProblem(
        f"{name} refuses the API key: {said}", scope="evaluator", hint="check the connection's key"
    )


def _unknown(name: str, said: str, retry_after_s: float | None) -> JudgeProblem:
    return JudgeProblem(
        f"{name} is unknown there: {said}",
        scope="evaluator",
        hint="check the connection's model and base URL",
    )


def _too_long(name: str, said: str, retry_after_s: float | None) -> JudgeProblem:
    return JudgeProblem(
        f"{name} cannot read so much: {said}",
        hint="lower the evaluator's input_tokens_max, or take a model with a larger context",
    )


def _rejected(name: str, said: str, retry_after_s: float | None) -> JudgeProblem:
    return JudgeProblem(f"{name} rejects the request: {said}", is_ambiguous=True)


def _unreadable(name: str, said: str, retry_after_s: float | None) -> JudgeProblem:
    return JudgeProblem(
        f"{name} answered what cannot be read: {said}",
        is_ambiguous=True,
        hint="does the base URL speak this provider's API?",
    )


_EXPLAINED: Final[tuple[tuple[type[Exception], Callable[[str, str, float | None], JudgeProblem]], ...]] = (
    (exceptions.ModelQuotaExceededError, _unpaid),
    (exceptions.ModelRateLimitError, _busy),
    (exceptions.ModelUnavailableError, _busy),
    (exceptions.ModelServerError, _broken),
    (exceptions.ModelConnectionError, _unreached),
    (exceptions.ModelRequestTimeout, _unreached),
    (exceptions.ModelContextWindowExceededError, _too_long),
    (exceptions.ModelAuthenticationError, _unauthorized),
    (exceptions.ModelNotFoundError, _unknown),
    (exceptions.ModelRequestRejectedError, _rejected),
)
"""The first that fits."""
