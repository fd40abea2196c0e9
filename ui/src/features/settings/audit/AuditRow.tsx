import { UnstyledButton } from "@mantine/core";
import { useState } from "react";
import type { AuditEntry } from "../../../api/team";
import { formatDateTime } from "../../../base/time";
import classes from "../settings.module.css";
import { useAuditStrings } from "./strings";

/** One change; more about it where it is opened. */
export function AuditRow(props: { entry: AuditEntry }) {
  const t = useAuditStrings();
  const [isOpen, setOpen] = useState(false);
  const { entry } = props;
  const facts = [
    [t("inProject"), entry.project ?? ""],
    [t("address"), entry.address],
    [t("id"), entry.actor.id],
  ].filter(([, value]) => value !== "");
  const hasDetails = Object.keys(entry.details).length > 0;
  return (
    <li>
      <UnstyledButton className={classes.entry} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span className="muted">{formatDateTime(entry.time).slice(0, 19)}</span>
        <span>{useActorName(entry)}</span>
        <span className="mono">{entry.action}</span>
        <span>{entry.target}</span>
      </UnstyledButton>
      {isOpen && (
        <div className={classes.more}>
          <div className={classes.facts}>
            {facts.map(([name, value]) => (
              <span key={name}>
                {name} <span className="mono">{value}</span>
              </span>
            ))}
          </div>
          {hasDetails && <pre className={classes.details}>{JSON.stringify(entry.details, null, 2)}</pre>}
        </div>
      )}
    </li>
  );
}

function useActorName(entry: AuditEntry): string {
  const t = useAuditStrings();
  const { type, name, id } = entry.actor;
  if (type === "key") return `${t("key")} ${name || id}`;
  if (type === "user") return name || id;
  return t(type);
}
