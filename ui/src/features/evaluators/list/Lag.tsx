import { Tooltip } from "@mantine/core";
import type { Evaluator } from "../../../api/evaluators";
import { formatSpan } from "../../../base/format";
import { useListStrings } from "./strings";

/** Waiting for late spans is no lag. */
const SLACK_S = 15;

export function Lag(props: { evaluator: Evaluator }) {
  const t = useListStrings();
  const { lag_s: lag } = props.evaluator.state;
  if (lag === null) return null;
  const isUpToDate = lag <= props.evaluator.delay_s + SLACK_S;
  return (
    <Tooltip label={t("lagHint")}>
      <span>{isUpToDate ? t("upToDate") : `${formatSpan(lag * 1000)} ${t("lag")}`}</span>
    </Tooltip>
  );
}
