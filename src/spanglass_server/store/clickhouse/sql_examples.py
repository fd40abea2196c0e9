"""Statements to start from. Each is run by a test."""

from typing import Final

from spanglass_server.store.sql import SqlExample

EXAMPLES: Final = (
    SqlExample(
        "latency_by_model",
        "P50 and P95 by model",
        """SELECT model,
  count() AS calls,
  round(quantile(0.5)(duration_ms)) AS p50_ms,
  round(quantile(0.95)(duration_ms)) AS p95_ms
FROM spans
WHERE is_call
GROUP BY model
ORDER BY calls DESC""",
    ),
    SqlExample(
        "cost_by_user",
        "Cost by user",
        """SELECT user_id,
  round(sum(cost_usd), 4) AS usd,
  countIf(cost_usd IS NULL) AS unpriced_calls,
  uniq(trace_id) AS traces
FROM spans
WHERE is_billable AND user_id != ''
GROUP BY user_id
ORDER BY usd DESC
LIMIT 20""",
    ),
    SqlExample(
        "slowest_retrievals",
        "Slowest retrievals",
        """SELECT start_time, name, service, duration_ms, trace_id
FROM spans
WHERE kind = 'retriever'
ORDER BY duration_ms DESC
LIMIT 20""",
    ),
    SqlExample(
        "cache_hits_by_day",
        "Cache hits by day",
        """SELECT toDate(start_time) AS day,
  countIf(cache_hit) AS hits,
  count() AS lookups,
  round(100 * hits / lookups, 1) AS hit_percent
FROM spans
WHERE cache_hit IS NOT NULL
GROUP BY day
ORDER BY day""",
    ),
    SqlExample(
        "errors_by_hour",
        "Errors by hour and type",
        """SELECT toStartOfHour(start_time) AS hour,
  error_type,
  count() AS errors
FROM spans
WHERE status = 'error'
GROUP BY hour, error_type
ORDER BY hour, errors DESC""",
    ),
    SqlExample(
        "tokens_by_feature",
        "Tokens by feature and day",
        """SELECT toDate(start_time) AS day,
  feature,
  sum(input_tokens) AS tokens_in,
  sum(output_tokens) AS tokens_out,
  round(100 * sum(cache_read_tokens) / nullIf(tokens_in, 0), 1) AS cached_percent
FROM spans
WHERE is_billable
GROUP BY day, feature
ORDER BY day, feature""",
    ),
    SqlExample(
        "low_scores",
        "Traces that were judged low",
        """SELECT t.start_time, t.name, s.name AS score, s.value, s.comment, t.trace_id
FROM scores AS s
INNER JOIN traces AS t ON t.trace_id = s.trace_id
WHERE s.quality < 0.5
ORDER BY t.start_time DESC
LIMIT 50""",
    ),
    SqlExample(
        "loudest_services",
        "Errors in logs by service",
        """SELECT service,
  countIf(severity_number >= 17) AS errors,
  count() AS records
FROM logs
GROUP BY service
ORDER BY errors DESC""",
    ),
)
