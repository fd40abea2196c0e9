"""A user's own price file: TOML text in, price entries out, every mistake named at once (docs/prices.md)."""

import difflib
import fnmatch
import hashlib
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TypeAlias

from spanglass_server.base.errors import Misconfigured
from spanglass_server.model.price import PricePeriod, Rates, RateStep
from spanglass_server.normalize.price_catalog import canonical_provider

_MTOK = 1_000_000

RATE_KEYS = (
    "input",
    "output",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "reasoning",
    "audio_input",
    "audio_output",
)
"""USD per million tokens."""
_TIER_KEYS = (*RATE_KEYS, "above_input_tokens")
_BATCH_KEYS = (*RATE_KEYS, "request")
_ENTRY_KEYS = (
    "provider",
    "model",
    "model_regex",
    "valid_from",
    "valid_to",
    *RATE_KEYS,
    "request",
    "batch_factor",
    "batch",
    "tiers",
)

_Table: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEntry:
    """One `[[price]]` of the file."""

    provider: str
    """The catalog's id; empty: whoever sells the model."""
    pattern: re.Pattern[str]
    period: PricePeriod
    batch_period: PricePeriod | None

    def matches(self, provider: str, model: str) -> bool:
        if self.provider and self.provider != canonical_provider(provider):
            return False
        return self.pattern.fullmatch(model) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFile:
    version: str
    """`custom ` and the first 12 hex digits of the text's SHA-256."""
    entries: tuple[PriceEntry, ...]


def parse_price_file(text: str, *, name: str) -> PriceFile:
    """Read a price file. `name` is what errors call it, usually its path.

    Raises Misconfigured with every mistake, each with the entry it is in and what to write instead.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(
            f"{name}: not valid TOML: {error}", hint="docs/prices.md has an example to start from"
        ) from error
    version = "custom " + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    problems: list[str] = []
    entries = _entries(tables, version, problems)
    if problems:
        raise Misconfigured(
            "\n".join(f"{name}: {problem}" for problem in problems),
            hint="prices are USD per million tokens; docs/prices.md explains every key",
        )
    return PriceFile(version=version, entries=tuple(entries))


def _entries(tables: _Table, version: str, problems: list[str]) -> list[PriceEntry]:
    unknown = [key for key in tables if key != "price"]
    problems += [f"`{key}` is not known here; {_did_you_mean(key, ('price',))}" for key in unknown]
    raw = tables.get("price", [])
    if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
        problems.append("`price` must be a list of tables: write `[[price]]` above each entry")
        return []
    if not raw:
        problems.append("it has no price: write `[[price]]`, then `model`, `input` and `output` below it")
    return [entry for i, table in enumerate(raw) if (entry := _Entry(table, i, problems).build(version))]


def read_entry(table: Mapping[str, object], version: str, problems: list[str]) -> PriceEntry | None:
    """One price by itself, in the words of a file's entry; what is wrong with it goes to `problems`."""
    return _Entry(table, None, problems).build(version)


class _Entry:
    """Reads one table, collecting what is wrong with it."""

    def __init__(self, table: _Table, index: int | None, problems: list[str]) -> None:
        """`index` of the entry in its file; None where it stands alone."""
        self._table = table
        shown = table.get("model", table.get("model_regex", "no model"))
        self._label = "" if index is None else f"price {index + 1} ({shown}): "
        self._problems = problems
        self._mistakes = 0

    def build(self, version: str) -> PriceEntry | None:
        table = self._table
        self._check_keys(table, _ENTRY_KEYS, "")
        pattern = self._pattern()
        provider = self._text("provider")
        valid_from_ns, valid_to_ns = self._moment("valid_from"), self._moment("valid_to")
        if valid_from_ns is not None and valid_to_ns is not None and valid_from_ns >= valid_to_ns:
            self._problem("`valid_to` must be later than `valid_from`")
        steps = self._steps()
        batch_steps = self._batch_steps(steps)
        if self._mistakes or pattern is None:
            return None

        def period(of: tuple[RateStep, ...]) -> PricePeriod:
            return PricePeriod(
                valid_from_ns=valid_from_ns or 0,
                valid_to_ns=valid_to_ns,
                daily_window_ns=None,
                steps=of,
                source="custom",
                version=version,
                is_per_request=all(not any(step.rates[:-1]) and step.rates.request > 0 for step in of),
            )

        return PriceEntry(
            provider=canonical_provider(provider),
            pattern=pattern,
            period=period(steps),
            batch_period=period(batch_steps) if batch_steps else None,
        )

    def _problem(self, text: str) -> None:
        self._mistakes += 1
        self._problems.append(f"{self._label}{text}")

    def _check_keys(self, table: _Table, known: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in known:
                self._problem(f"`{where}{key}` is not known; {_did_you_mean(key, known)}")

    def _pattern(self) -> re.Pattern[str] | None:
        glob, regex = self._text("model"), self._text("model_regex")
        if bool(glob) == bool(regex):
            self._problem('name the model by either `model = "gpt-4o*"` or `model_regex = "..."`')
            return None
        try:
            return re.compile(regex or fnmatch.translate(glob), re.IGNORECASE)
        except re.error as error:
            self._problem(f"`model_regex` is no regular expression: {error}")
            return None

    def _text(self, key: str) -> str:
        value = self._table.get(key, "")
        if isinstance(value, str):
            return value.strip()
        self._problem(f"`{key}` must be text in quotes, not {value!r}")
        return ""

    def _moment(self, key: str) -> int | None:
        """A date counts from its midnight UTC."""
        value = self._table.get(key)
        if value is None:
            return None
        if isinstance(value, datetime):
            if value.tzinfo is None:
                self._problem(f"`{key}` needs a time zone: write {value.isoformat()}Z for UTC")
                return None
            return int(value.timestamp()) * 1_000_000_000
        if isinstance(value, date):
            return int(datetime.combine(value, time(), UTC).timestamp()) * 1_000_000_000
        self._problem(f"`{key}` must be a date without quotes, such as 2026-01-31, not {value!r}")
        return None

    def _number(self, table: _Table, key: str, where: str = "") -> float | None:
        value = table.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._problem(f"`{where}{key}` must be a number in USD, not {value!r}")
        elif not math.isfinite(value) or value < 0:
            self._problem(f"`{where}{key}` must be zero or more, not {value!r}")
        else:
            return float(value)
        return None

    def _numbers(self, table: _Table, where: str = "") -> dict[str, float]:
        found = {key: self._number(table, key, where) for key in RATE_KEYS}
        return {key: value for key, value in found.items() if value is not None}

    def _steps(self) -> tuple[RateStep, ...]:
        base, request = self._numbers(self._table), self._number(self._table, "request")
        if not base and request is None and not self._mistakes:
            self._problem(
                "no price: write `input` and `output` in USD per million tokens (0 where it is free)"
            )
        steps = {-1: _rates(base, request or 0.0)}
        tiers = self._table.get("tiers", [])
        if not isinstance(tiers, list) or not all(isinstance(tier, dict) for tier in tiers):
            self._problem("`tiers` must be tables: write `[[price.tiers]]` above each")
            tiers = []
        for number, tier in enumerate(tiers, 1):
            where = f"tiers {number}: "
            self._check_keys(tier, _TIER_KEYS, where)
            above = tier.get("above_input_tokens")
            if isinstance(above, bool) or not isinstance(above, int) or above < 0:
                self._problem(f"`{where}above_input_tokens` must be a whole number of tokens, such as 200000")
            elif above in steps:
                self._problem(f"`{where}above_input_tokens` = {above} stands twice")
            else:
                steps[above] = _rates({**base, **self._numbers(tier, where)}, request or 0.0)
        return tuple(RateStep(above, steps[above]) for above in sorted(steps, reverse=True))

    def _batch_steps(self, steps: tuple[RateStep, ...]) -> tuple[RateStep, ...]:
        """Without a word about batches, batch calls of this model have no price."""
        factor, table = self._number(self._table, "batch_factor"), self._table.get("batch")
        if table is None:
            if factor is None:
                return ()
            return tuple(RateStep(s.above_input_tokens, Rates(*(r * factor for r in s.rates))) for s in steps)
        if factor is not None:
            self._problem("write either `batch_factor` or `[price.batch]`, not both")
        if not isinstance(table, dict):
            self._problem("`batch` must be a table: write `[price.batch]`, then its prices")
            return ()
        self._check_keys(table, _BATCH_KEYS, "batch.")
        rates, request = self._numbers(table, "batch."), self._number(table, "request", "batch.")
        if not rates and request is None:
            self._problem("`[price.batch]` has no price in it")
        return (RateStep(-1, _rates(rates, request or 0.0)),)


def _rates(mtok: Mapping[str, float], request: float) -> Rates:
    def rate(key: str, default: float) -> float:
        return mtok[key] / _MTOK if key in mtok else default

    plain, output = rate("input", 0.0), rate("output", 0.0)
    write = rate("cache_write", plain)
    return Rates(
        input=plain,
        cache_read=rate("cache_read", plain),
        cache_write=write,
        cache_write_1h=rate("cache_write_1h", write),
        audio_input=rate("audio_input", plain),
        output=output,
        reasoning=rate("reasoning", output),
        audio_output=rate("audio_output", output),
        request=request,
    )


def _did_you_mean(key: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"known are {', '.join(known)}"
