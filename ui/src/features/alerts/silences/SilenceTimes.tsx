import { Group, Select, TextInput } from "@mantine/core";
import { formatDateTime } from "../../../base/time";
import type { SilenceDraft } from "./SilenceForm";
import { useSilenceStrings } from "./strings";
import { isSpan, LENGTHS, type TimesDraft } from "./times";

/** How long a silence lasts: from a list, or two moments. */
export function SilenceTimes(props: {
  draft: SilenceDraft;
  times: TimesDraft;
  onChange: (times: TimesDraft) => void;
}) {
  const t = useSilenceStrings();
  const { times, onChange } = props;
  const { endsAt } = props.draft;
  const kept = endsAt && { value: "kept", label: t("until", { time: formatDateTime(endsAt).slice(0, 16) }) };
  return (
    <>
      <Select
        label={t("lasts")}
        allowDeselect={false}
        value={times.length}
        onChange={(length) => onChange({ ...times, length: length as TimesDraft["length"] })}
        data={[
          ...(kept ? [kept] : []),
          ...(Object.keys(LENGTHS) as (keyof typeof LENGTHS)[]).map((name) => ({
            value: name,
            label: t(name),
          })),
          { value: "custom", label: t("custom") },
        ]}
      />
      {times.length === "custom" && (
        <Group grow gap="xs">
          <TextInput
            type="datetime-local"
            label={t("starts")}
            value={times.from}
            onChange={(event) => onChange({ ...times, from: event.currentTarget.value })}
          />
          <TextInput
            type="datetime-local"
            label={t("ends")}
            value={times.until}
            error={!isSpan(times)}
            onChange={(event) => onChange({ ...times, until: event.currentTarget.value })}
          />
        </Group>
      )}
    </>
  );
}
