/** Tokens and cost by class: parts that do not overlap and add up to the total. */

export interface UsageSource {
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cache_read_tokens: number | null;
  readonly cache_write_tokens: number | null;
  readonly reasoning_tokens: number | null;
}

export type TokenClass = "uncached" | "cache_read" | "cache_write" | "output" | "reasoning";

export interface TokenShare {
  readonly tokenClass: TokenClass;
  readonly tokens: number;
  /** 0 to 1 of all tokens. */
  readonly share: number;
}

/** The API counts cached tokens within input and reasoning within output; here each token is in one class only. */
export function tokenShares(usage: UsageSource): TokenShare[] {
  const read = usage.cache_read_tokens ?? 0;
  const write = usage.cache_write_tokens ?? 0;
  const reasoning = usage.reasoning_tokens ?? 0;
  const classes: [TokenClass, number][] = [
    ["uncached", Math.max(0, (usage.input_tokens ?? 0) - read - write)],
    ["cache_read", read],
    ["cache_write", write],
    ["output", Math.max(0, (usage.output_tokens ?? 0) - reasoning)],
    ["reasoning", reasoning],
  ];
  const total = classes.reduce((sum, [, tokens]) => sum + tokens, 0);
  return classes
    .filter(([, tokens]) => tokens > 0)
    .map(([tokenClass, tokens]) => ({ tokenClass, tokens, share: tokens / total }));
}

export interface CostSource {
  readonly cost_usd: number | null;
  readonly is_billable: boolean;
}

export type CostState = "priced" | "unpriced" | "repeated" | "none";

/**
 * What to say of a span's cost: a number, that no price is known, that another span of the same call carries it,
 * or nothing at all because the span is no model call.
 */
export function costState(span: CostSource & UsageSource): CostState {
  if (!span.is_billable) return hasUsage(span) ? "repeated" : "none";
  return span.cost_usd === null ? "unpriced" : "priced";
}

export function hasUsage(usage: UsageSource): boolean {
  return usage.input_tokens !== null || usage.output_tokens !== null;
}
