"""A connection to a model that judges: limits, retries, answers that fit their schema."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias, get_args

from opentelemetry import context
from pydantic import BaseModel

from spanglass.evaluators.evaluator import EvaluatorProblem, JudgeReply
from spanglass.evaluators.judge.answers import read_answer
from spanglass.evaluators.judge.limits import Limits
from spanglass.evaluators.judge.problems import (
    ONE_ATTEMPT,
    FormRefused,
    JudgeProblem,
    JudgeUsage,
    SettingRefused,
    WrongForm,
)
from spanglass.evaluators.judge.providers import Provider, find_provider

if TYPE_CHECKING:
    from spanglass.evaluators.judge.library import Endpoint, Received

FormMode: TypeAlias = Literal["auto", "native", "tool", "prompted"]
FORM_MODES: Final[tuple[str, ...]] = get_args(FormMode)


class Retries(NamedTuple):
    attempts_max: int = 4
    """Requests for one answer, where the service is busy, broken or does not answer."""
    answers_max: int = 3
    """Answers for one judgement, where they do not have the form."""
    first_wait_s: float = 0.5
    """Doubled each time, and moved at random by half."""
    longest_wait_s: float = 30.0
    """A service that wants more is left to who asked: the problem says how long."""


def connect(
    provider: str,
    model: str,
    *,
    base_url: str = "",
    api_key: str = "",
    form: FormMode = "auto",
    temperature: float | None = 0.0,
    thinking: bool = False,
    timeout_s: float = 60.0,
    limits: Limits | None = None,
    retries: Retries = Retries(),  # noqa: B008 - immutable
    http_client: Callable[[], Any] | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    chance: Callable[[], float] = random.random,
    clock: Callable[[], float] = time.monotonic,
) -> "Judge":
    """A model that judges. Nothing is sent before the first question.

    `provider` is one of `PROVIDERS`: `anthropic`, `openai` and whatever speaks its API at a `base_url`
    (Ollama, vLLM, gateways), or another whose extra of pydantic-ai-slim is installed. No key is read from the
    environment, and none appears in an error or a repr. `form` is how the answer's form is asked for: by the
    service's own structured output (`native`), as a tool's call (`tool`) or in words (`prompted`); `auto`
    takes the first of them that works. `temperature` is left out where the model takes none. Models that
    think before they answer do so as little as they can, unless `thinking`: it is billed, and the form asks
    for the reason before the judgement anyway. `timeout_s` bounds each request. `http_client` makes the
    `httpx2.AsyncClient` that requests go through, one for each event loop: where a server checks addresses
    before anything connects.

    Raises EvaluatorProblem, of scope evaluator, where provider or model cannot work.
    """
    if form not in FORM_MODES:
        raise ValueError(f"form is one of {', '.join(FORM_MODES)}")
    found = find_provider(provider)
    if not model:
        raise EvaluatorProblem("a judge needs a model", scope="evaluator", hint="name one in the connection")
    _check_installed(found)
    found.check(base_url=base_url, api_key=api_key, has_http_client=http_client is not None)
    return Judge(
        _Settings(
            found, model, base_url, api_key, form, temperature, thinking, timeout_s, retries, http_client
        ),
        limits=limits or Limits(),
        sleep=sleep,
        chance=chance,
        clock=clock,
    )


def _check_installed(provider: Provider) -> None:
    missing = [module for module in ("pydantic_ai", *provider.modules) if find_spec(module) is None]
    if missing:
        raise EvaluatorProblem(
            f"the provider {provider.name} needs packages that are not installed: {', '.join(missing)}",
            scope="evaluator",
            hint=f'pip install "{provider.extra}"',
        )


class _Settings(NamedTuple):
    provider: Provider
    model: str
    base_url: str
    api_key: str
    form: FormMode
    temperature: float | None
    thinking: bool
    timeout_s: float
    retries: Retries
    http_client: Callable[[], Any] | None


class _Question(NamedTuple):
    system: str
    prompt: str
    schema: type[BaseModel]
    max_tokens: int

    def again(self, prompt: str, problem: str, *, is_cut: bool) -> "_Question":
        told = f"{prompt}\n\nThe form of your last answer was wrong: {problem}. Answer in the form asked for."
        return self._replace(prompt=told, max_tokens=self.max_tokens * 2 if is_cut else self.max_tokens)


class Judge:
    """A `JudgeModel`; made by `connect`. May be used from several event loops."""

    def __init__(
        self,
        settings: _Settings,
        *,
        limits: Limits,
        sleep: Callable[[float], Awaitable[None]],
        chance: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._limits = limits
        self._sleep = sleep
        self._chance = chance
        self._clock = clock
        self._endpoints: dict[asyncio.AbstractEventLoop, asyncio.Future[Endpoint]] = {}
        self._forms = settings.provider.forms if settings.form == "auto" else (settings.form,)
        self._answered_at_s: float | None = None

    def __repr__(self) -> str:
        return f"Judge({self.provider!r}, {self.model!r})"

    @property
    def provider(self) -> str:
        return self._settings.provider.name

    @property
    def model(self) -> str:
        return self._settings.model

    async def ask(self, *, system: str, prompt: str, schema: type[BaseModel], max_tokens: int) -> JudgeReply:
        """See `JudgeModel`. A problem that it raises is a `JudgeProblem`: `usage` is what was billed."""
        endpoint = await self._endpoint()
        answers_max = self._settings.retries.answers_max
        question = _Question(system, prompt, schema, max_tokens)
        usage, problem = JudgeUsage(), ""
        for number in range(1, answers_max + 1):
            received, usage = await self._send(endpoint, question, usage, in_words=1 < number == answers_max)
            if received.is_declined:
                raise JudgeProblem(f"{self._name} declines to judge this", usage=usage)
            try:
                answer = read_answer(received.form, schema)
            except WrongForm as error:
                problem = "it was cut off" if received.is_cut else str(error)
                question = question.again(prompt, problem, is_cut=received.is_cut)
                continue
            return self._reply(answer, received, usage)
        raise JudgeProblem(
            f"{self._name} gave no answer of the right form in {answers_max} attempts: {problem}",
            usage=usage,
            hint="a larger model keeps to a form better; more output tokens help where it was cut off",
        )

    async def aclose(self) -> None:
        """Closes the connections that were made from the running event loop; a further question opens new
        ones."""
        making = self._endpoints.pop(asyncio.get_running_loop(), None)
        if making is not None:
            await (await making).aclose()

    @property
    def _name(self) -> str:
        return f"{self.provider} {self.model}"

    def _reply(self, answer: BaseModel, received: "Received", usage: JudgeUsage) -> JudgeReply:
        return JudgeReply(
            answer=answer,
            text=received.text,
            provider=self.provider,
            model=received.model or self.model,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            response_id=received.response_id,
            attempts=usage.attempts,
        )

    async def _send(
        self, endpoint: "Endpoint", question: _Question, usage: JudgeUsage, *, in_words: bool
    ) -> tuple["Received", JudgeUsage]:
        """One answer, and what was used in all. A service that takes a form and does not keep it may well do
        so when it is told in words (`in_words`)."""
        failures, failed_at_s = 0, 0.0
        while True:
            usage = usage.plus(ONE_ATTEMPT)
            form = (self._forms[-1:] if in_words else self._forms)[0]
            try:
                received = await self._request(endpoint, question, form)
            except SettingRefused:
                continue
            except FormRefused as error:
                self._forget(form, str(error), usage)
            except JudgeProblem as problem:
                failures += 1
                failed_at_s = failed_at_s if failures > 1 else self._clock()
                problem.usage = usage
                await self._wait_or_raise(problem, failures, failed_at_s)
            else:
                self._answered_at_s = self._clock()
                return received, usage.plus(received.usage)

    async def _request(self, endpoint: "Endpoint", question: _Question, form: str) -> "Received":
        async with self._limits.slot():
            token = context.attach(_uninstrumented())
            try:
                async with asyncio.timeout(self._settings.timeout_s):
                    return await endpoint.request(*question, form=form)
            except TimeoutError:
                raise JudgeProblem(
                    f"{self._name} did not answer within {self._settings.timeout_s:g} s",
                    scope="evaluator",
                    is_transient=True,
                    is_ambiguous=True,
                ) from None
            finally:
                context.detach(token)

    def _forget(self, form: str, said: str, usage: JudgeUsage) -> None:
        """Asks for answers' forms in the next best way from now on."""
        if form not in self._forms:  # Another call has found out at the same time.
            return
        if len(self._forms) == 1:
            raise JudgeProblem(
                f"{self._name} cannot be asked for the form of its answer: {said}",
                scope="evaluator",
                usage=usage,
                hint="the form `prompted` asks for it in words",
            )
        self._forms = tuple(other for other in self._forms if other != form)

    async def _wait_or_raise(self, problem: JudgeProblem, failures: int, failed_at_s: float) -> None:
        retries = self._settings.retries
        wanted_s = problem.retry_after_s or 0.0
        if wanted_s:
            self._limits.pause(min(wanted_s, retries.longest_wait_s))
        is_over = failures >= retries.attempts_max or wanted_s > retries.longest_wait_s
        if not problem.is_transient or is_over:
            raise self._placed(problem, failed_at_s)
        wait_s = min(retries.first_wait_s * 2 ** (failures - 1), retries.longest_wait_s)
        await self._sleep(max(wanted_s, wait_s * (0.5 + self._chance())))

    def _placed(self, problem: JudgeProblem, failed_at_s: float) -> JudgeProblem:
        """With the scope that what happened to others tells: where they were answered since this text failed
        first, it is the text; where none ever was, a request that is rejected is the connection's fault."""
        if problem.is_ambiguous:
            answered_at_s = self._answered_at_s
            since_s = failed_at_s if problem.is_transient else float("-inf")
            problem.scope = "target" if answered_at_s is not None and answered_at_s > since_s else "evaluator"
        return problem

    async def _endpoint(self) -> "Endpoint":
        """Made once for each event loop, and off it: that takes seconds the first time."""
        loop = asyncio.get_running_loop()
        making = self._endpoints.get(loop)
        if making is None:
            for closed in [known for known in list(self._endpoints) if known.is_closed()]:
                self._endpoints.pop(closed, None)
            making = asyncio.ensure_future(asyncio.to_thread(self._make_endpoint))
            self._endpoints[loop] = making
        try:
            return await asyncio.shield(making)
        except JudgeProblem:
            self._endpoints.pop(loop, None)
            raise

    def _make_endpoint(self) -> "Endpoint":
        from spanglass.evaluators.judge.library import Endpoint

        settings = self._settings
        return Endpoint(
            settings.provider,
            settings.model,
            base_url=settings.base_url,
            api_key=settings.api_key,
            temperature=settings.temperature,
            thinking=settings.thinking,
            timeout_s=settings.timeout_s,
            http_client=settings.http_client,
        )


def _uninstrumented() -> context.Context:
    """Who traces judgements does so once, around them."""
    return context.set_value(
        context._SUPPRESS_HTTP_INSTRUMENTATION_KEY,
        True,
        context.set_value(context._SUPPRESS_INSTRUMENTATION_KEY, True),
    )
