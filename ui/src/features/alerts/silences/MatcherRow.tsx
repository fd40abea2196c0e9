import { ActionIcon, Select, TextInput } from "@mantine/core";
import { X } from "lucide-react";
import type { Matcher } from "../../../api/alerting";
import classes from "./MatcherRow.module.css";
import { useSilenceStrings } from "./strings";

/** One matcher, to be changed. */
export function MatcherRow(props: {
  matcher: Matcher;
  onChange: (part: Partial<Matcher>) => void;
  onDrop: () => void;
}) {
  const t = useSilenceStrings();
  const { matcher, onChange } = props;
  return (
    <div className={classes.row}>
      <TextInput
        aria-label={t("label")}
        placeholder={t("label")}
        value={matcher.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <Select
        aria-label={t("comparison")}
        allowDeselect={false}
        value={matcher.op}
        onChange={(op) => onChange({ op: op as Matcher["op"] })}
        data={[
          { value: "=", label: t("isEqual") },
          { value: "!=", label: t("isNotEqual") },
          { value: "=~", label: t("matches") },
          { value: "!~", label: t("matchesNot") },
        ]}
      />
      <TextInput
        className={classes.value ?? ""}
        aria-label={t("value")}
        placeholder={t("value")}
        value={matcher.value}
        onChange={(event) => onChange({ value: event.currentTarget.value })}
      />
      <ActionIcon aria-label={t("dropMatcher")} onClick={props.onDrop}>
        <X size={14} />
      </ActionIcon>
    </div>
  );
}
