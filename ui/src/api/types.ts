/** The shapes of docs/api.md. Times are RFC 3339 with nanoseconds in UTC; absent is null. */

export type Status = "ok" | "error" | "unset";

/** An attribute's or payload's decoded value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export type Trace = {
  trace_id: string;
  name: string;
  start_time: string;
  end_time: string;
  duration_ms: number;
  status: Status;
  root_span_id: string | null;
  service: string | null;
  environment: string | null;
  release: string | null;
  feature: string | null;
  team: string | null;
  user_id: string | null;
  session_id: string | null;
  tags: string[];
  metadata: { [key: string]: Json };
  span_count: number;
  error_count: number;
  llm_call_count: number;
  input_tokens: number | null;
  output_tokens: number | null;
  cache_read_tokens: number | null;
  cache_write_tokens: number | null;
  reasoning_tokens: number | null;
  total_tokens: number | null;
  /** Null where nothing in the trace has a known price: "unpriced", never $0. */
  cost_usd: number | null;
  unpriced_count: number;
  /** One value by name: of the trace itself, else of its spans. */
  scores: { [name: string]: ScoreValue };
  input_preview: string | null;
  output_preview: string | null;
  models: string[];
  providers: string[];
  kinds: string[];
  error_types: string[];
};

export type ScoreValue = number | boolean | string;
export type ScoreType = "numeric" | "categorical" | "boolean" | "text" | "correction";
export type ScoreSource = "api" | "evaluator" | "person";

export type Score = {
  id: string;
  name: string;
  value: ScoreValue;
  data_type: ScoreType;
  trace_id: string | null;
  span_id: string | null;
  session_id: string | null;
  dataset_run_id: string | null;
  comment: string | null;
  source: ScoreSource;
  author: string | null;
  config_id: string | null;
  queue_id: string | null;
  environment: string | null;
  metadata: { [key: string]: Json };
  quality: number | null;
  sampling_rate: number;
  evaluator_id: string | null;
  evaluator_version: number;
  is_public: boolean;
  timestamp: string;
  created_at: string;
  updated_at: string;
};

/** What gives a score: what is absent is chosen by the server. */
export type ScoreInput = Pick<Score, "name" | "value"> &
  Partial<Omit<Score, "name" | "value" | "is_public" | "created_at" | "updated_at">>;

export type SpanKind =
  | "llm"
  | "embedding"
  | "retriever"
  | "reranker"
  | "tool"
  | "agent"
  | "chain"
  | "guardrail"
  | "evaluator"
  | "cache"
  | "span";

export type MessagePart =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string }
  | { type: "tool_call"; id: string | null; name: string; arguments: Json }
  | { type: "tool_result"; id: string | null; result: Json }
  | {
      type: "image" | "audio" | "file";
      mime_type?: string | null;
      url?: string | null;
      data?: string | null;
      file_id?: string | null;
      /** Size of data that was too large to keep. */
      omitted_chars?: number | null;
    }
  | { type: "other"; value: Json };

export type Message = { role: string; parts: MessagePart[]; finish_reason?: string | null };

export type ToolCall = { id: string | null; name: string; arguments: Json; result?: Json };

export type Document = {
  id: string | null;
  content: string | null;
  score: number | null;
  metadata: { [key: string]: Json } | null;
};

export type SpanEvent = { time: string; name: string; attributes: { [key: string]: Json } };
export type SpanLink = { trace_id: string; span_id: string; attributes: { [key: string]: Json } };
export type Scope = { name: string; version: string; attributes: { [key: string]: Json } };

export type CostSource = "catalog" | "custom" | "reported" | "unpriced";

/** A span without what only its own page needs (`payloads=false`). */
export type SpanHead = {
  span_id: string;
  parent_span_id: string | null;
  trace_id: string;
  name: string;
  kind: SpanKind;
  service: string | null;
  start_time: string;
  end_time: string;
  duration_ms: number;
  status: Status;
  error_type: string | null;
  error_message: string | null;
  operation: string | null;
  provider: string | null;
  request_model: string | null;
  response_model: string | null;
  response_id: string | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cache_read_tokens: number | null;
  cache_write_tokens: number | null;
  cache_write_1h_tokens: number | null;
  audio_input_tokens: number | null;
  audio_output_tokens: number | null;
  reasoning_tokens: number | null;
  total_tokens: number | null;
  cost_usd: number | null;
  cost_details: { [name: string]: number } | null;
  cost_source: CostSource | null;
  reported_cost_usd: number | null;
  price_version: string | null;
  streaming: boolean | null;
  ttft_ms: number | null;
  finish_reasons: string[];
  cache_hit: boolean | null;
  warnings: string[];
  is_billable: boolean;
  is_call: boolean;
  /** Null in lists: computed when the whole trace is opened. */
  critical_path_ms: number | null;
  self_time_ms: number | null;
  dialect: string | null;
  otlp_kind: string | null;
  environment: string | null;
  release: string | null;
  feature: string | null;
  team: string | null;
  user_id: string | null;
  session_id: string | null;
  tags: string[];
  metadata: { [key: string]: Json };
  tool_name: string | null;
  prompt_name: string | null;
  prompt_version: string | null;
  input_preview: string | null;
  output_preview: string | null;
  /** Its own, oldest first. */
  scores: Score[];
};

export type Span = SpanHead & {
  request_parameters: { [name: string]: Json } | null;
  input: Json;
  output: Json;
  input_messages: Message[] | null;
  output_messages: Message[] | null;
  tool_calls: ToolCall[] | null;
  documents: Document[] | null;
  attributes: { [key: string]: Json };
  resource: { [key: string]: Json };
  scope: Scope | null;
  events: SpanEvent[];
  links: SpanLink[];
};

export type Severity = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

export type Log = {
  log_id: string;
  time: string;
  severity: Severity | null;
  severity_number: number | null;
  /** The sender's own word. */
  severity_text: string | null;
  service: string | null;
  environment: string | null;
  event_name: string | null;
  /** The body's text, or the message of a structured line, whose other fields are in `fields`. */
  message: string | null;
  fields: { [key: string]: Json };
  body: Json;
  attributes: { [key: string]: Json };
  trace_id: string | null;
  span_id: string | null;
  resource: { [key: string]: Json };
  scope: Scope | null;
  /** Too long for a list: asked for alone, the record is whole. */
  is_cut: boolean;
};

export type LogPage = { items: Log[]; next_cursor: string | null; tail_cursor: string | null };

export type LogBucket = { start_time: string; count: number; by_severity: { [severity: string]: number } };
export type LogHistogram = { from: string; to: string; bucket_ms: number; buckets: LogBucket[] };

export type SpanWithLogs = Span & { logs: Log[] };

export type Page<Item> = { items: Item[]; next_cursor: string | null };

export type TraceDetail = {
  trace: Trace;
  spans: SpanHead[];
  /** Of the trace itself, oldest first. */
  scores: Score[];
};

/** What a filter asks. */
export type Target = "traces" | "spans" | "logs";

export type FieldType =
  | "enum"
  | "text"
  | "list"
  | "payload"
  | "number"
  | "duration"
  | "money"
  | "bool"
  | "severity";

export type Field = {
  name: string;
  aliases: string[];
  type: FieldType;
  unit: string | null;
  description: string;
  operators: string[];
  choices: string[];
  example: string;
  is_facet: boolean;
};

export type FacetValue = { value: string; count: number };
export type Facet = { field: string; target: string; values: FacetValue[] };

export type HistogramBucket = {
  start_time: string;
  count: number;
  error_count: number;
  duration_p50_ms: number | null;
  duration_p90_ms: number | null;
  duration_p99_ms: number | null;
  total_tokens: number | null;
  cost_usd: number | null;
  unpriced_count: number;
};

export type Histogram = { from: string; to: string; bucket_ms: number; buckets: HistogramBucket[] };

export type Project = { id: string; name: string; retention_days: number | null; created_at: string };

export type Media = {
  media_id: string;
  content_type: string;
  length_bytes: number;
  uploaded_at: string;
  url: string;
  url_expires_at: string;
};

export type ServerStatus = {
  version: string;
  auth: "off" | "required";
  project: string;
  started_at: string;
  storage: { engine: string; disk_bytes: number };
  ingest: { [counter: string]: number };
};

/** RFC 9457. `column` is the 0-based place in the filter that `detail` speaks of. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string | null;
  hint: string | null;
  column: number | null;
  limit: string | null;
};
