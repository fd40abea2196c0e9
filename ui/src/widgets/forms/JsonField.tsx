import { Textarea } from "@mantine/core";
import { useState } from "react";
import { type Json, parseJsonField } from "../../model/schemaForm";
import { useFormStrings } from "./strings";

type JsonFieldProps = {
  label: string;
  description: string;
  required: boolean;
  placeholder: string;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
};

/** A value written as JSON. What is no JSON is said, and not told on. */
export function JsonField(props: JsonFieldProps) {
  const { value, onChange, ...shared } = props;
  const t = useFormStrings();
  const [text, setText] = useState(() => (value === undefined ? "" : JSON.stringify(value, null, 2)));
  const isBroken = parseJsonField(text) === null;
  return (
    <Textarea
      {...shared}
      autosize
      minRows={3}
      maxRows={20}
      spellCheck={false}
      classNames={{ input: "mono" }}
      value={text}
      error={isBroken ? t("notJson") : null}
      onChange={(event) => {
        const typed = event.currentTarget.value;
        setText(typed);
        const parsed = parseJsonField(typed);
        if (parsed !== null) onChange(parsed.value);
      }}
    />
  );
}
