import { Textarea } from "@mantine/core";
import { useDatasetStrings } from "./strings";
import { fromText } from "./text";

/** A value as text or JSON. */
export function ValueEditor(props: {
  label: string;
  text: string;
  isReadOnly?: boolean;
  minRows?: number;
  onChange: (text: string) => void;
}) {
  const t = useDatasetStrings();
  return (
    <Textarea
      label={props.label}
      autosize
      minRows={props.minRows ?? 3}
      maxRows={16}
      spellCheck={false}
      classNames={{ input: "mono" }}
      value={props.text}
      readOnly={props.isReadOnly ?? false}
      error={fromText(props.text) === null ? t("notJson") : null}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}
