"""`spanglass.run_experiment`: a task over the items of a dataset, each item a trace of its own, its answers
judged and kept, so that runs can be compared."""

import asyncio
import contextvars
import functools
import inspect
import json
import sys
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from statistics import fmean
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias
from urllib.parse import quote

from opentelemetry import context as context_api

from spanglass import semconv
from spanglass._capture import capture_text
from spanglass._client import flush
from spanglass._datasets import Dataset, DatasetItem, get_dataset
from spanglass._log import logger
from spanglass._prepared import PreparedEvaluator
from spanglass._runtime import hint_at_init, slot
from spanglass._scores import Score, read_scores, score
from spanglass._settings import CAPTURE_CHARS_MAX
from spanglass._span import SpanHandle, span
from spanglass._step import name_of

if TYPE_CHECKING:
    from spanglass.evaluators import Evaluator

Task: TypeAlias = Callable[..., Any]
Judge: TypeAlias = "str | Callable[..., Any] | Evaluator | PreparedEvaluator"

CONCURRENCY = 8
FLUSH_S = 30.0
_TOLD = ("input", "output", "expected_output", "metadata", "item", "trace_id")
"""What a task (without the output) and an evaluating function may ask for by its arguments' names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentItem:
    """What an item led to."""

    item: DatasetItem
    output: Any
    """None where the task failed."""
    error: BaseException | None
    scores: Mapping[str, float | bool | str]
    trace_id: str | None
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentResult:
    id: str
    name: str
    dataset_name: str
    items: Sequence[ExperimentItem]
    """In the dataset's order."""
    url: str
    """The experiment's page."""

    @property
    def failed(self) -> Sequence[ExperimentItem]:
        return [one for one in self.items if one.error is not None]

    def means(self) -> dict[str, float]:
        """Of scores that are numbers or booleans, by name."""
        values: dict[str, list[float]] = {}
        for one in self.items:
            for name, value in one.scores.items():
                if not isinstance(value, str):
                    values.setdefault(name, []).append(float(value))
        return {name: fmean(found) for name, found in sorted(values.items())}

    def summary(self) -> str:
        """A few lines for people."""
        lines = [f"{self.name}: {len(self.items)} items, {len(self.failed)} failed"]
        lines += [f"  {name}: {mean:.3f}" for name, mean in self.means().items()]
        return "\n".join([*lines, f"  {self.url}"])


def run_experiment(
    name: str,
    *,
    dataset: "Dataset | str | Iterable[DatasetItem | Mapping[str, Any]]",
    task: Task,
    evaluators: Iterable[Judge] = (),
    max_concurrency: int = CONCURRENCY,
    description: str = "",
    metadata: Mapping[str, Any] | None = None,
    progress: bool = True,
) -> ExperimentResult:
    """Runs `task` on every item and judges what it gives. Waits for the end; one item that fails stops none.

    `dataset` is the name of a dataset of the server, what `get_dataset` gave, or items of one's own (mappings
    with `input`, `expected_output`, `metadata`). `task` is a function, or a coroutine function, that takes
    the item's input; or by name any of `input`, `expected_output`, `metadata`, `item`.

    `evaluators` are functions that take by name any of `input`, `output`, `expected_output`, `metadata`,
    `item`, `trace_id` and return what `evaluated` takes; or whatever `spanglass.evaluate` takes. Their scores
    are those of the item's trace.

    Each item is a trace of its own with the experiment's attributes. `max_concurrency` items run at a time.
    `metadata` says what was tried (model, prompt ...). Raises DatasetError where the dataset cannot be read.
    """
    if slot.runtime is None:
        hint_at_init()
    given = _dataset_of(dataset)
    run = _Run(
        id=uuid.uuid4().hex,
        name=name,
        dataset=given,
        task=_Called(task, without=("output", "trace_id")),
        judges=[_judge_of(judge) for judge in evaluators],
        attributes=_attributes(description, metadata),
        progress=_Progress(name, len(given), sys.stderr if progress else None),
    )
    items = _in_thread(functools.partial(run.all, max(1, max_concurrency)))
    flush(FLUSH_S)
    endpoint = "" if slot.runtime is None else slot.runtime.settings.endpoint
    result = ExperimentResult(
        id=run.id,
        name=name,
        dataset_name=given.name,
        items=items,
        url=f"{endpoint}/experiments/compare?ids={quote(run.id)}",
    )
    run.progress.end(result)
    return result


def _dataset_of(given: "Dataset | str | Iterable[DatasetItem | Mapping[str, Any]]") -> Dataset:
    if isinstance(given, str):
        return get_dataset(given)
    if isinstance(given, Dataset):
        return given
    items = [one if isinstance(one, DatasetItem) else _item_of(one) for one in given]
    # Items without ids are told apart by what they ask, so that runs over the same ones can be compared.
    return Dataset(name="", items=[one if one.id else replace(one, id=_id_of(one)) for one in items])


def _item_of(given: Mapping[str, Any]) -> DatasetItem:
    if "input" not in given:
        raise ValueError(f"an item has no 'input': {sorted(given)}")
    return DatasetItem(
        **{key: given[key] for key in ("input", "expected_output", "metadata", "id") if key in given}
    )


def _id_of(item: DatasetItem) -> str:
    return uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(item.input, sort_keys=True, default=repr)).hex


class _Called:
    """A function that is given what it asks for by name; one argument of any other name is the input."""

    def __init__(self, function: Callable[..., Any], *, without: Sequence[str] = ()) -> None:
        self.function = function
        self.name = name_of(function).rpartition(".")[2]
        told = [name for name in _TOLD if name not in without]
        self._names: Sequence[str] = ()
        self.takes = "names"
        try:
            parameters = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):
            self.takes = "one"
            return
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            self._names = told
            return
        self._names = [
            parameter.name
            for parameter in parameters
            if parameter.name in told and parameter.kind is not parameter.POSITIONAL_ONLY
        ]
        required = [
            parameter.name
            for parameter in parameters
            if parameter.default is parameter.empty
            and parameter.kind is not parameter.VAR_POSITIONAL
            and parameter.name not in self._names
        ]
        if len(required) == 1 and not self._names:
            self.takes = "one"
        elif required:
            known = ", ".join(told)
            raise TypeError(f"{self.name}() asks for {required[0]!r}: it may take {known}, or one argument")

    def __call__(self, told: Mapping[str, Any]) -> Any:
        if self.takes == "one":
            return self.function(told["input"])
        return self.function(**{name: told[name] for name in self._names})

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.function) or inspect.iscoroutinefunction(
            type(self.function).__call__
        )


def _judge_of(given: Any) -> "_Called | PreparedEvaluator":
    if isinstance(given, PreparedEvaluator):
        return given
    if isinstance(given, str) or hasattr(given, "evaluate"):
        return PreparedEvaluator(given)
    called = _Called(given)
    # One argument of another name is a target, as `spanglass.evaluate` gives it.
    return PreparedEvaluator(given) if called.takes == "one" else called


def _attributes(description: str, metadata: Mapping[str, Any] | None) -> dict[str, str]:
    found = {}
    if description:
        found[semconv.EXPERIMENT_DESCRIPTION] = description
    if metadata:
        found[semconv.EXPERIMENT_METADATA] = _json(dict(metadata))
    return found


def _json(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    runtime = slot.runtime
    return capture_text(value, CAPTURE_CHARS_MAX if runtime is None else runtime.settings.capture_chars_max)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    id: str
    name: str
    dataset: Dataset
    task: _Called
    judges: "Sequence[_Called | PreparedEvaluator]"
    attributes: Mapping[str, str]
    progress: "_Progress"

    async def all(self, concurrency: int) -> list[ExperimentItem]:
        free = asyncio.Semaphore(concurrency)
        with ThreadPoolExecutor(concurrency, thread_name_prefix="spanglass-experiment") as threads:

            async def one(item: DatasetItem) -> ExperimentItem:
                async with free:
                    found = await self._one(item, threads)
                self.progress.step(found)
                return found

            return list(await asyncio.gather(*map(one, self.dataset.items)))

    async def _one(self, item: DatasetItem, threads: ThreadPoolExecutor) -> ExperimentItem:
        began = monotonic()
        context_api.attach(context_api.Context())  # Of this item's task alone: a trace of its own.
        told: dict[str, Any] = {
            "input": item.input,
            "expected_output": item.expected_output,
            "metadata": item.metadata,
            "item": item,
        }
        handle = span(self.task.name, kind="chain", input=item.input, attributes=self._facts(item))
        error: BaseException | None = None
        try:
            with handle:
                handle.update(attributes={semconv.EXPERIMENT_ITEM_ROOT: handle.span_id or ""})
                told["output"] = await _call(self.task, told, threads)
                handle.update(output=told["output"])
        except Exception as problem:  # noqa: BLE001 - a task may raise anything, and the others go on
            error = problem
        duration_s = monotonic() - began
        told["trace_id"] = handle.trace_id
        scores = {} if error is not None else await self._judge(item, told, handle, threads)
        return ExperimentItem(
            item=item,
            output=told.get("output"),
            error=error,
            scores=scores,
            trace_id=handle.trace_id,
            duration_s=duration_s,
        )

    def _facts(self, item: DatasetItem) -> dict[str, str]:
        found = {
            semconv.EXPERIMENT_ID: self.id,
            semconv.EXPERIMENT_NAME: self.name,
            semconv.EXPERIMENT_DATASET: self.dataset.id,
            semconv.EXPERIMENT_ITEM: item.id,
            semconv.EXPERIMENT_ITEM_VERSION: self.dataset.version,
            **self.attributes,
        }
        if item.expected_output is not None:
            found[semconv.EXPERIMENT_ITEM_EXPECTED] = _json(item.expected_output)
        if item.metadata is not None:
            found[semconv.EXPERIMENT_ITEM_METADATA] = _json(item.metadata)
        return {key: value for key, value in found.items() if value}

    async def _judge(
        self, item: DatasetItem, told: Mapping[str, Any], handle: SpanHandle, threads: ThreadPoolExecutor
    ) -> dict[str, float | bool | str]:
        found: dict[str, float | bool | str] = {}
        for judge in self.judges:
            try:
                for given in await _scores_of(judge, told, handle, threads):
                    name = given.name or judge.name
                    found[name] = given.value
                    _send(judge, name, given, handle.trace_id)
            except Exception as problem:  # noqa: BLE001 - a user's evaluator may raise anything
                logger.warning("the evaluator %s failed on item %s: %r", judge.name, item.id, problem)
        return found


async def _call(called: _Called, told: Mapping[str, Any], threads: ThreadPoolExecutor) -> Any:
    if called.is_async:
        return await called(told)
    context = contextvars.copy_context()
    result = await asyncio.get_running_loop().run_in_executor(threads, context.run, called, told)
    return await result if inspect.isawaitable(result) else result


async def _scores_of(
    judge: "_Called | PreparedEvaluator",
    told: Mapping[str, Any],
    handle: SpanHandle,
    threads: ThreadPoolExecutor,
) -> Sequence[Score]:
    if isinstance(judge, _Called):
        return list(read_scores(await _call(judge, told, threads)))
    evaluator = judge.built()
    if evaluator is None:
        return []
    from spanglass._evaluations import Judged
    from spanglass._judge_spans import evaluator_span

    facts: dict[str, Any] = {
        "input": _plain(told["input"]),
        "output": _plain(told["output"]),
        "messages": (),
        "documents": (),
        "reference": _plain(told["expected_output"]),
        "metadata": {},
        "feature": "",
        "model": "",
        "duration_ms": None,
        "cost_usd": None,
        "input_tokens": None,
        "output_tokens": None,
    }
    link = handle.otel.get_span_context()
    judged = Judged(judge, handle.trace_id or "", "", None, 1.0, facts, link if link.is_valid else None)
    target = judged.target()
    given = await asyncio.get_running_loop().run_in_executor(threads, evaluator.evaluate, target)
    if isinstance(given, Awaitable):
        with evaluator_span(judged):
            return await given
    return given


def _plain(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else _json(value)


def _send(judge: "_Called | PreparedEvaluator", name: str, given: Score, trace_id: str | None) -> None:
    if trace_id is None:
        return
    told: dict[str, Any] = {}
    if isinstance(judge, PreparedEvaluator):
        told = {
            "id": judge.score_id(trace_id, "", name),
            "evaluator_id": judge.name,
            "evaluator_version": judge.version,
        }
    score(
        name,
        given.value,
        trace_id=trace_id,
        comment=given.comment,
        metadata=given.metadata,
        quality=given.quality,
        source="evaluator",
        author=judge.name,
        **told,
    )


def _in_thread(run: Callable[[], Any]) -> list[ExperimentItem]:
    """On an event loop of its own: the caller may have one that runs, as notebooks do."""
    found: list[ExperimentItem] = []
    problems: list[BaseException] = []
    loop = asyncio.new_event_loop()

    def work() -> None:
        asyncio.set_event_loop(loop)
        try:
            found.extend(loop.run_until_complete(main))
        except BaseException as problem:  # noqa: BLE001 - raised again on the caller's thread
            problems.append(problem)
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    main = loop.create_task(run())
    thread = threading.Thread(target=work, name="spanglass-experiment", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.2)
    except KeyboardInterrupt:
        loop.call_soon_threadsafe(main.cancel)
        raise
    if problems:
        raise problems[0]
    return found


class _Progress:
    def __init__(self, name: str, total: int, stream: TextIO | None) -> None:
        self._name = name
        self._total = total
        self._stream = stream
        self._is_live = stream is not None and stream.isatty()
        self._done = self._failed = 0

    def step(self, found: ExperimentItem) -> None:
        self._done += 1
        if found.error is not None:
            self._failed += 1
            logger.warning("item %s failed: %r", found.item.id, found.error)
        if self._is_live:
            self._write(f"\r{self._name}: {self._done}/{self._total} items, {self._failed} failed")

    def end(self, result: ExperimentResult) -> None:
        if self._is_live:
            self._write("\r\x1b[K")
        self._write(f"{result.summary()}\n")

    def _write(self, text: str) -> None:
        if self._stream is not None:
            print(text, end="", file=self._stream, flush=True)
