import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Braces, ExternalLink, X } from "lucide-react";
import type { SqlResult, SqlValue } from "../../api/sql";
import { CopyButton } from "../../widgets/CopyButton";
import classes from "./ResultTable.module.css";
import { textOf, traceOf } from "./result";
import { useSqlStrings } from "./strings";

type PanelProps = { result: SqlResult; row: number; column: number; onClose: () => void };

/** The whole value of one cell, to read and to copy. */
export function CellPanel({ result, row, column, onClose }: PanelProps) {
  const t = useSqlStrings();
  const about = result.columns[column];
  const value = result.rows[row]?.[column];
  const trace = traceOf(about, value);
  return (
    <section className={classes.panel} aria-label={t("cell")}>
      <div className={classes.panelHead}>
        <b>{about?.name}</b>
        <span className="muted">{about?.type}</span>
        <span className={classes.gap} />
        {trace !== null && (
          <Button
            size="compact-xs"
            leftSection={<ExternalLink size={13} />}
            renderRoot={(rest) => <Link to="/traces/$traceId" params={{ traceId: trace }} {...rest} />}
          >
            {t("openTrace")}
          </Button>
        )}
        <CopyButton label={t("copyCell")} value={textOf(value)} />
        <CopyButton label={t("copyRow")} icon={<Braces size={14} />} value={() => rowJson(result, row)} />
        <Tooltip label={t("close")}>
          <ActionIcon size="sm" aria-label={t("close")} onClick={onClose}>
            <X size={14} />
          </ActionIcon>
        </Tooltip>
      </div>
      <pre className={classes.value}>{value === null ? t("null") : readable(value)}</pre>
    </section>
  );
}

function readable(value: SqlValue | undefined): string {
  if (typeof value === "object") return JSON.stringify(value, null, 2);
  const text = textOf(value);
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function rowJson(result: SqlResult, row: number): string {
  const pairs = result.columns.map((column, place) => [column.name, result.rows[row]?.[place] ?? null]);
  return JSON.stringify(Object.fromEntries(pairs), null, 2);
}
