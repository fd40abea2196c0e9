import { PasswordInput } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import { useLoginStrings } from "./strings";

type PasswordFieldProps = {
  label: string;
  value: string;
  onChange: (password: string) => void;
  /** `new` is one that is being chosen. */
  kind: "current" | "new";
  isFocused?: boolean;
};

/** A password that can be looked at, with a word where Caps Lock is on. */
export function PasswordField(props: PasswordFieldProps) {
  const t = useLoginStrings();
  const [hasCaps, setCaps] = useState(false);
  const notice = (event: KeyboardEvent) => setCaps(event.getModifierState?.("CapsLock") ?? false);
  const hint = props.kind === "new" ? t("passwordHint") : undefined;
  return (
    <PasswordInput
      required
      size="sm"
      label={props.label}
      description={hasCaps ? t("capsLock") : hint}
      autoComplete={props.kind === "new" ? "new-password" : "current-password"}
      minLength={props.kind === "new" ? 10 : undefined}
      maxLength={1000}
      value={props.value}
      data-autofocus={props.isFocused || undefined}
      autoFocus={props.isFocused}
      onKeyUp={notice}
      onKeyDown={notice}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}
