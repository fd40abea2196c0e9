import { Button, Group, Modal, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { alertsQuery, changeSilence, createSilence, type Matcher } from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import { usePreference } from "../../../base/preferences";
import { matchesAll } from "../../../model/matchers";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import { MatcherRow } from "./MatcherRow";
import { SilenceTimes } from "./SilenceTimes";
import { useSilenceStrings } from "./strings";
import { firstSpan, isSpan, spanOf, type TimesDraft } from "./times";

export type SilenceDraft = {
  /** Null is a new one. */
  id: string | null;
  matchers: readonly Matcher[];
  comment: string;
  startsAt?: string;
  endsAt?: string;
};

const EMPTY: Matcher = { name: "", op: "=", value: "" };

/** A silence by hand. Tells how many alerts it would hold back. */
export function SilenceForm(props: { draft: SilenceDraft; onClose: () => void }) {
  const t = useSilenceStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const alerts = useQuery(alertsQuery(project));
  const { draft } = props;
  const [matchers, setMatchers] = useState<Matcher[]>(draft.matchers.length ? [...draft.matchers] : [EMPTY]);
  const [times, setTimes] = useState<TimesDraft>(() => firstSpan(draft, Date.now()));
  const [comment, setComment] = useState(draft.comment);
  const [author, setAuthor] = usePreference("silence.author", "");
  const change = (position: number, part: Partial<Matcher>) =>
    setMatchers(matchers.map((one, index) => (index === position ? { ...one, ...part } : one)));
  const named = matchers.filter((matcher) => matcher.name.trim() !== "");
  const count = (alerts.data?.items ?? []).filter((alert) => matchesAll(named, alert.labels)).length;
  const saving = useMutation({
    mutationFn: () => {
      const input = {
        matchers: named,
        ...spanOf(times, draft, Date.now()),
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
    if (named.length > 0 && isSpan(times)) saving.mutate();
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
        <SilenceTimes draft={draft} times={times} onChange={setTimes} />
        <Textarea
          size="xs"
          required
          label={t("comment")}
          placeholder={t("commentHint")}
          autosize
          minRows={2}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
        />
        <TextInput
          required
          label={t("by")}
          value={author}
          maxLength={200}
          onChange={(event) => setAuthor(event.currentTarget.value)}
        />
        <Problem error={saving.error} />
        <Group justify="flex-end" gap="xs">
          <Button onClick={props.onClose}>{words("cancel")}</Button>
          <Button
            type="submit"
            variant="filled"
            disabled={named.length === 0 || !isSpan(times)}
            loading={saving.isPending}
          >
            {words("save")}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
