import { UnstyledButton } from "@mantine/core";
import { Minus } from "lucide-react";
import { formatCompact } from "../../base/format";
import type { Choice } from "../../model/filterText";
import classes from "./FacetValueRow.module.css";
import { useListWords } from "./strings";

/** Clicking the value includes it, the minus excludes it; a second click takes either back. */
export function FacetValueRow(props: {
  value: string;
  count: number;
  /** 0 to 1: its length beside the most frequent value. */
  share: number;
  chosen: Choice | null;
  onChoose: (choice: Choice) => void;
}) {
  const t = useListWords();
  return (
    <div className={classes.row} data-chosen={props.chosen ?? undefined}>
      <span className={classes.bar} style={{ width: `${Math.max(2, props.share * 100)}%` }} />
      <UnstyledButton
        className={classes.value}
        title={t("include", { value: props.value })}
        aria-pressed={props.chosen === "include"}
        onClick={() => props.onChoose("include")}
      >
        <span className="cut">{props.value}</span>
      </UnstyledButton>
      <UnstyledButton
        className={classes.exclude}
        title={t("exclude", { value: props.value })}
        aria-label={t("exclude", { value: props.value })}
        aria-pressed={props.chosen === "exclude"}
        onClick={() => props.onChoose("exclude")}
      >
        <Minus size={12} aria-hidden />
      </UnstyledButton>
      <span className={classes.count}>{formatCompact(props.count)}</span>
    </div>
  );
}
