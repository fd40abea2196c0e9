/** Rules, alerts, silences and receivers: docs/api.md. */

import { queryOptions } from "@tanstack/react-query";
import { getJson, patchJson, postJson, putJson, remove } from "./client";
import type { LabelSet } from "./prometheus";
import type { ProjectName } from "./queries";

export type AlertState = "inactive" | "pending" | "firing";

export type ActiveAlert = {
  fingerprint: string;
  labels: LabelSet;
  annotations: LabelSet;
  state: AlertState;
  active_at: string;
  fired_at: string | null;
  /** Null for NaN and the infinities, which `value_text` tells. */
  value: number | null;
  value_text: string;
  expr: string;
  group: string;
  rule: string;
  silenced_by: string[];
  inhibited_by: string[];
};

export type Rule = {
  type: "alerting" | "recording";
  name: string;
  expr: string;
  for_s: number;
  keep_firing_for_s: number;
  labels: LabelSet;
  annotations: LabelSet;
  state: AlertState;
  health: "unknown" | "ok" | "err";
  last_error: string;
  warnings: string[];
  evaluated_at: string | null;
  duration_ms: number;
  line: number;
  alerts: ActiveAlert[];
};

export type RuleGroup = {
  name: string;
  file: string;
  interval_s: number;
  evaluated_at: string | null;
  duration_ms: number;
  missed: number;
  rules: Rule[];
};

export type Finding = {
  severity: "error" | "warning" | "info";
  code: string;
  line: number;
  group: string;
  rule: string;
  message: string;
  why: string;
  expression: string;
  corrected: string | null;
  advice: string | null;
};

export type RuleFile = {
  name: string;
  source: string;
  is_enabled: boolean;
  is_editable: boolean;
  is_overridden: boolean;
  content: string;
  error: string | null;
  groups: number;
  rules: number;
  findings?: Finding[];
};

export type Firing = {
  labels: LabelSet;
  pending_at: string;
  firing_at: string | null;
  resolved_at: string | null;
  max_value: number | null;
};

export type Backtest = {
  expr: string;
  for_s: number;
  evaluations: number;
  firing_count: number;
  pending_only_count: number;
  firing_s: number;
  firings: Firing[];
  pending_only: Firing[];
  warnings: string[];
  infos: string[];
};

export type Matcher = { name: string; op: "=" | "!=" | "=~" | "!~"; value: string };

export type Silence = {
  id: string;
  matchers: Matcher[];
  starts_at: string;
  ends_at: string;
  created_by: string;
  comment: string;
  state: "pending" | "active" | "expired";
};

export type SilenceInput = Omit<Silence, "id" | "state">;

export const silencesQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["silences", project],
    queryFn: ({ signal }) => getJson<{ items: Silence[] }>("/silences", { project }, signal),
    refetchInterval: 15_000,
  });

export function createSilence(project: ProjectName, input: SilenceInput): Promise<Silence> {
  return postJson<Silence>("/silences", { project }, input);
}

export function changeSilence(project: ProjectName, id: string, input: SilenceInput): Promise<Silence> {
  return putJson<Silence>(`/silences/${encodeURIComponent(id)}`, { project }, input);
}

export function expireSilence(project: ProjectName, id: string): Promise<void> {
  return remove(`/silences/${encodeURIComponent(id)}`, { project });
}

export const alertsQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["alerts", project],
    queryFn: ({ signal }) => getJson<{ items: ActiveAlert[] }>("/alerts", { project }, signal),
    refetchInterval: 10_000,
  });

export type Attempt = {
  time: string;
  duration_ms: number;
  receiver: string;
  integration: string;
  group_labels: string;
  status: "firing" | "resolved" | "test";
  firing_count: number;
  resolved_count: number;
  number: number;
  ok: boolean;
  error: string | null;
  will_retry: boolean;
};

export type Receiver = {
  name: string;
  is_routed: boolean;
  messages_per_minute: number;
  integrations: {
    name: string;
    kind: string;
    target: string;
    send_resolved: boolean;
    sent_count: number;
    failed_count: number;
    last_attempt: Attempt | null;
  }[];
};

export type NotificationConfig = { yaml: string; source: "file" | "project" | "none"; error: string | null };

export const receiversQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["receivers", project],
    queryFn: ({ signal }) => getJson<{ items: Receiver[] }>("/receivers", { project }, signal),
    refetchInterval: 30_000,
  });

export const notificationsQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["notifications", project],
    queryFn: ({ signal }) => getJson<{ items: Attempt[] }>("/notifications", { project, limit: 100 }, signal),
    refetchInterval: 30_000,
  });

export const notificationConfigQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["notification-config", project],
    queryFn: ({ signal }) => getJson<NotificationConfig>("/notification-config", { project }, signal),
  });

export function putNotificationConfig(project: ProjectName, yaml: string): Promise<NotificationConfig> {
  return putJson<NotificationConfig>("/notification-config", { project }, { yaml });
}

export async function testReceiver(project: ProjectName, name: string): Promise<Attempt[]> {
  const path = `/receivers/${encodeURIComponent(name)}/test`;
  return (await postJson<{ items: Attempt[] }>(path, { project }, {})).items;
}

export const rulesQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["rules", project],
    queryFn: ({ signal }) => getJson<{ items: RuleGroup[] }>("/rules", { project }, signal),
    refetchInterval: 15_000,
  });

export const ruleFilesQuery = (project: ProjectName) =>
  queryOptions({
    queryKey: ["rule-files", project],
    queryFn: ({ signal }) => getJson<{ items: RuleFile[] }>("/rule-files", { project }, signal),
  });

const pathOf = (name: string) => `/rule-files/${name.split("/").map(encodeURIComponent).join("/")}`;

export function putRuleFile(project: ProjectName, name: string, content: string): Promise<RuleFile> {
  return putJson<RuleFile>(pathOf(name), { project }, { content });
}

export function switchRuleFile(project: ProjectName, name: string, isEnabled: boolean): Promise<RuleFile> {
  return patchJson<RuleFile>(pathOf(name), { project }, { is_enabled: isEnabled });
}

export function deleteRuleFile(project: ProjectName, name: string): Promise<void> {
  return remove(pathOf(name), { project });
}

/** What is wrong with rules that are still being written. */
export const ruleCheckQuery = (project: ProjectName, content: string) =>
  queryOptions({
    queryKey: ["rule-check", project, content],
    queryFn: () =>
      postJson<{ is_valid: boolean; findings: Finding[] }>("/rule-files/check", { project }, { content }),
    staleTime: 60_000,
  });

export const backtestQuery = (project: ProjectName, rule: string, days: number) =>
  queryOptions({
    queryKey: ["backtest", project, rule, days],
    queryFn: ({ signal }) =>
      getJson<Backtest>("/rules/backtest", { project, rule, from: `now-${days}d`, to: "now" }, signal),
    staleTime: 60_000,
    retry: false,
  });
