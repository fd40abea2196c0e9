import { ActionIcon, Tooltip } from "@mantine/core";
import { Check, Copy, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useWidgetStrings } from "./strings";

/** Copies the text that `value` gives at that moment. */
export function CopyButton(props: { value: string | (() => string); label?: string; icon?: ReactNode }) {
  const t = useWidgetStrings();
  const [state, setState] = useState<"idle" | "done" | "failed">("idle");

  const copy = async () => {
    const text = typeof props.value === "string" ? props.value : props.value();
    setState((await copyText(text)) ? "done" : "failed");
    setTimeout(() => setState("idle"), 1600);
  };

  const words = { idle: props.label ?? t("copy"), done: t("copied"), failed: t("copyFailed") };
  return (
    <Tooltip label={words[state]} {...(state === "idle" ? {} : { opened: true })}>
      <ActionIcon size="sm" aria-label={words[state]} onClick={copy}>
        {state === "done" ? (
          <Check size={14} />
        ) : state === "failed" ? (
          <X size={14} />
        ) : (
          (props.icon ?? <Copy size={14} />)
        )}
      </ActionIcon>
    </Tooltip>
  );
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** The clipboard API is missing over plain HTTP on other hosts than localhost; the old way still works there. */
function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
