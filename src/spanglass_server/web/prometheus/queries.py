"""Expressions evaluated: `query`, `query_range`; and written in one way: `format_query`."""

from typing import Final

from spanglass_server.base.errors import BadInput
from spanglass_server.promql.errors import ExpressionInvalid
from spanglass_server.promql.parse import parse
from spanglass_server.promql.plan import LOOKBACK_MS
from spanglass_server.promql.print import print_expression
from spanglass_server.promql.result import Result
from spanglass_server.web.prometheus.endpoint import Answer, Asked
from spanglass_server.web.prometheus.failures import BadParameter
from spanglass_server.web.prometheus.params import Params
from spanglass_server.web.prometheus.results import result_json
from spanglass_server.web.prometheus.values import json_text, parse_duration_ms

TRUNCATED: Final = "results truncated due to limit"


def query(asked: Asked) -> Answer:
    params = asked.params
    limit = params.limit()
    time_ms = params.time_ms("time", asked.now_ms)
    lookback_ms = _lookback_ms(params)
    try:
        result = asked.services.metrics.run_instant(
            asked.project_id,
            params.get("query"),
            time_ms=time_ms,
            lookback_ms=lookback_ms,
            cancellation=asked.cancellation,
        )
    except ExpressionInvalid as error:
        raise _bad_query(error) from error
    return _answer(asked, result, limit)


def query_range(asked: Asked) -> Answer:
    params = asked.params
    limit = params.limit()
    start_ms, end_ms, step_ms = _range(params)
    lookback_ms = _lookback_ms(params)
    try:
        result = asked.services.metrics.run_range(
            asked.project_id,
            params.get("query"),
            start_ms=start_ms,
            end_ms=end_ms,
            step_ms=step_ms,
            lookback_ms=lookback_ms,
            cancellation=asked.cancellation,
        )
    except ExpressionInvalid as error:
        raise _bad_query(error) from error
    return _answer(asked, result, limit)


def format_query(asked: Asked) -> Answer:
    try:
        text = print_expression(parse(asked.params.get("query")))
    except ExpressionInvalid as error:
        raise _bad_query(error) from error
    return Answer(data=json_text(text).encode())


def _range(params: Params) -> tuple[int, int, int]:
    """Start, end and step, checked in Prometheus' order and words."""
    start_ms = params.needed_time_ms("start")
    end_ms = params.needed_time_ms("end")
    if end_ms < start_ms:
        raise BadParameter("end", "end timestamp must not be before start time")
    duration_ms = params.duration_ms("step")
    if duration_ms <= 0:
        raise BadParameter(
            "step",
            "zero or negative query resolution step widths are not accepted. Try a positive integer",
        )
    # Less than a millisecond cannot be told apart here, and is far beyond the limit of steps.
    step_ms = max(1, int(duration_ms))
    return start_ms, end_ms, step_ms


def _lookback_ms(params: Params) -> int:
    text = params.get("lookback_delta")
    if not text:
        return LOOKBACK_MS
    duration_ms = parse_duration_ms(text)
    if duration_ms is None:
        raise BadInput(f'error parsing lookback delta duration: cannot parse "{text}" to a valid duration')
    return int(duration_ms) if duration_ms >= 1 else LOOKBACK_MS


def _bad_query(error: ExpressionInvalid) -> BadParameter:
    text = f"{error.message} (hint: {error.hint})" if error.hint else error.message
    return BadParameter("query", text)


def _answer(asked: Asked, result: Result, limit: int) -> Answer:
    data, is_cut = result_json(result, limit=limit, check=asked.cancellation.check)
    warnings = [*result.warnings, TRUNCATED] if is_cut else result.warnings
    return Answer(data=data, warnings=warnings, infos=result.infos)
