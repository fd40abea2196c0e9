import { NativeSelect } from "@mantine/core";
import type { Choice } from "../../../model/redaction/policy";
import classes from "./privacy.module.css";
import { usePrivacyStrings } from "./strings";

type ActionSelectProps = {
  label: string;
  /** Null where what is chosen for differs. */
  value: Choice | null;
  choices: readonly Choice[];
  onChange: (choice: Choice) => void;
};

/** What happens to what is found. */
export function ActionSelect(props: ActionSelectProps) {
  const t = usePrivacyStrings();
  const known = props.choices.map((choice) => ({ value: choice, label: t(choice) }));
  const mixed = [{ value: "mixed", label: t("mixed"), disabled: true }];
  return (
    <NativeSelect
      size="xs"
      className={classes.action}
      aria-label={props.label}
      value={props.value ?? "mixed"}
      data={props.value === null ? [...mixed, ...known] : known}
      onChange={(event) => props.onChange(event.currentTarget.value as Choice)}
    />
  );
}
