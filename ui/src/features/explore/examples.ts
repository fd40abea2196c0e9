/** Questions that most people ask first. */
export const EXAMPLES = [
  ["exampleLatency", "histogram_quantile(0.99, sum by (le, model) (rate(llm_latency_seconds_bucket[5m])))"],
  ["exampleErrors", 'sum(rate(llm_requests_total{status="error"}[5m])) / sum(rate(llm_requests_total[5m]))'],
  ["exampleTraffic", "sum by (service) (rate(llm_requests_total[5m]))"],
  ["exampleTokens", "sum by (type) (rate(llm_tokens_total[5m])) * 60"],
  ["exampleCost", "sum by (feature) (increase(llm_cost_usd_total[1h]))"],
  ["exampleTtft", "histogram_quantile(0.5, sum by (le, model) (rate(llm_ttft_seconds_bucket[5m])))"],
  [
    "exampleSlow",
    "topk(5, sum by (kind, name) (rate(llm_span_duration_seconds_sum[5m])) / sum by (kind, name) (rate(llm_span_duration_seconds_count[5m])))",
  ],
  [
    "exampleQuality",
    "sum by (score) (rate(llm_quality_score_sum[1h])) / sum by (score) (rate(llm_quality_score_count[1h]))",
  ],
] as const;
