import { Tooltip } from "@mantine/core";
import { cloneElement, type ReactElement } from "react";
import { type Permission, useMay } from "../api/me";
import { useWidgetStrings } from "./strings";

/** A button of those who may do this: for others it is there, asleep, and says which role it is for. */
export function NeedsRole(props: { permission: Permission; children: ReactElement<{ disabled?: boolean }> }) {
  const t = useWidgetStrings();
  const may = useMay(props.permission);
  if (may) return props.children;
  const reason = props.permission === "admin" ? t("forAdmins") : t("forEditors");
  return (
    <Tooltip label={reason}>
      {/* A disabled button hears neither mouse nor keyboard: what says why stands around it. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the reason must be reachable by keyboard */}
      <span tabIndex={0} title={reason} style={{ display: "inline-flex" }}>
        {cloneElement(props.children, { disabled: true })}
      </span>
    </Tooltip>
  );
}
