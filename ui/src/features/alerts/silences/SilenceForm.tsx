import { ActionIcon, Button, Group, Modal, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { alertsQuery, changeSilence, createSilence, type Matcher } from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import { usePreference } from "../../../base/preferences";
import { formatDateTime } from "../../../base/time";
import { matchesAll } from "../../../model/matchers";
import { Problem } from "../Problem";
import { useAlertStrings } from "../strings";
import { useSilenceStrings } from "./strings";

export type SilenceDraft = {
  /** Null is a new one. */
  id: string | null;
  matchers: readonly Matcher[];
  comment: string;
  startsAt?: string;
  endsAt?: string;
};

const HOUR_MS = 3_600_000;
const SPANS = { h1: 1, h2: 2, h4: 4, h8: 8, d1: 24, d3: 72, d7: 168 } as const;
type SpanName = keyof typeof SPANS;
const EMPTY: Matcher = { name: "", op: "=", value: "" };

/** A silence by hand. Tells how many alerts it would hold back. */
export function SilenceForm(props: { draft: SilenceDraft; onClose: () => void }) {
  const t = useSilenceStrings();
  const words = useAlertStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const alerts = useQuery(alertsQuery(project));
  const { draft } = props;
  const [matchers, setMatchers] = useState<Matcher[]>(draft.matchers.length ? [...draft.matchers] : [EMPTY]);
  const [span, setSpan] = useState<SpanName | null>(draft.endsAt ? null : "h2");
  const [comment, setComment] = useState(draft.comment);
  const [author, setAuthor] = usePreference("silence.author", "");
  const change = (position: number, part: Partial<Matcher>) =>
    setMatchers(matchers.map((one, index) => (index === position ? { ...one, ...part } : one)));
  const named = matchers.filter((matcher) => matcher.name.trim() !== "");
  const count = (alerts.data?.items ?? []).filter((alert) => matchesAll(named, alert.labels)).length;
  const saving = useMutation({
    mutationFn: () => {
      const startsAt = draft.startsAt ?? new Date().toISOString();
      const endsAt =
        span === null ? draft.endsAt : new Date(Date.now() + SPANS[span] * HOUR_MS).toISOString();
      const input = {
        matchers: named,
        starts_at: startsAt,
        ends_at: endsAt ?? startsAt,
        created_by: author.trim(),
        comment: comment.trim(),
      };
      return draft.id === null ? createSilence(project, input) : changeSilence(project, draft.id, input);
    },
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["silences"] });
      await queryClient.invalidateQueries({ queryKey: ["alerts"] });
      props.onClose();
    },
  });
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (named.length > 0) saving.mutate();
  };
  return (
    <Modal opened onClose={props.onClose} size="lg" title={draft.id === null ? t("add") : t("editing")}>
      <form onSubmit={save} style={{ display: "grid", gap: 10 }}>
        <fieldset style={{ border: 0, margin: 0, padding: 0, display: "grid", gap: 6 }}>
          <legend>{t("matchers")}</legend>
          {matchers.map((matcher, position) => (
            <MatcherRow
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
              key={position}
              matcher={matcher}
              onChange={(part) => change(position, part)}
              onDrop={() => setMatchers(matchers.filter((_, index) => index !== position))}
            />
          ))}
          <div>
            <Button leftSection={<Plus size={13} />} onClick={() => setMatchers([...matchers, EMPTY])}>
              {t("addMatcher")}
            </Button>
          </div>
        </fieldset>
        <p className="muted" style={{ margin: 0 }} role="status">
          {named.length > 0 && alerts.isSuccess ? t("affects", { count }) : " "}
        </p>
        <Select
          label={t("lasts")}
          allowDeselect={false}
          value={span ?? "kept"}
          onChange={(value) => setSpan(value === "kept" ? null : (value as SpanName))}
          data={[
            ...(draft.endsAt
              ? [{ value: "kept", label: t("until", { time: formatDateTime(draft.endsAt).slice(0, 16) }) }]
              : []),
            ...Object.keys(SPANS).map((name) => ({ value: name, label: t(name as SpanName) })),
          ]}
        />
        <Textarea
          size="xs"
          label={t("comment")}
          placeholder={t("commentHint")}
          autosize
          minRows={2}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
        />
        <TextInput
          label={t("by")}
          value={author}
          maxLength={200}
          onChange={(event) => setAuthor(event.currentTarget.value)}
        />
        <Problem error={saving.error} />
        <Group justify="flex-end" gap="xs">
          <Button onClick={props.onClose}>{words("cancel")}</Button>
          <Button type="submit" variant="filled" disabled={named.length === 0} loading={saving.isPending}>
            {words("save")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

function MatcherRow(props: {
  matcher: Matcher;
  onChange: (part: Partial<Matcher>) => void;
  onDrop: () => void;
}) {
  const t = useSilenceStrings();
  const { matcher, onChange } = props;
  return (
    <div style={{ display: "flex", gap: 6, alignItems: "center" }}>
      <TextInput
        aria-label={t("label")}
        placeholder={t("label")}
        value={matcher.name}
        style={{ flex: 2 }}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <Select
        aria-label={t("matchers")}
        allowDeselect={false}
        value={matcher.op}
        style={{ flex: 1.4 }}
        onChange={(op) => onChange({ op: op as Matcher["op"] })}
        data={[
          { value: "=", label: t("isEqual") },
          { value: "!=", label: t("isNotEqual") },
          { value: "=~", label: t("matches") },
          { value: "!~", label: t("matchesNot") },
        ]}
      />
      <TextInput
        aria-label={t("value")}
        placeholder={t("value")}
        value={matcher.value}
        style={{ flex: 3 }}
        onChange={(event) => onChange({ value: event.currentTarget.value })}
      />
      <ActionIcon aria-label={t("dropMatcher")} onClick={props.onDrop}>
        <X size={14} />
      </ActionIcon>
    </div>
  );
}
