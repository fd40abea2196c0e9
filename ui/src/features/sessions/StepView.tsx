import { Link } from "@tanstack/react-router";
import { CircleAlert, FileSearch, ShieldCheck, Wrench } from "lucide-react";
import type { Step } from "../../api/sessions";
import { formatDuration } from "../../base/format";
import { textOf } from "../../model/traceMessages";
import { Fold } from "../trace/panel/Fold";
import { ValueView } from "../trace/panel/ValueView";
import classes from "./Session.module.css";
import { useSessionStrings } from "./strings";

const ICONS = { tool: Wrench, retriever: FileSearch, guardrail: ShieldCheck };

/** What was done between a question and its answer; a tool's call opens on a click. */
export function StepView(props: { step: Step; traceId: string }) {
  const t = useSessionStrings();
  const { step } = props;
  const Icon = ICONS[step.kind];
  const head = (
    <span className={classes.stepHead} data-error={step.status === "error" || undefined}>
      <Icon size={13} aria-hidden />
      <b className="mono">{step.name}</b>
      {step.kind === "retriever" && <span>{t("found", { count: step.document_count })}</span>}
      {step.duration_ms !== null && <span className="muted">{formatDuration(step.duration_ms)}</span>}
      {step.status === "error" && <CircleAlert size={12} aria-label={t("failed")} />}
    </span>
  );
  const link = step.span_id && (
    <Link to="/traces/$traceId" params={{ traceId: props.traceId }} search={{ span: step.span_id }}>
      {t("openTrace")}
    </Link>
  );
  if (step.kind !== "tool")
    return (
      <div className={classes.plainStep}>
        {head} {link}
      </div>
    );
  return (
    <Fold title={head} preview={textOf(step.arguments)}>
      <p className={classes.label}>{t("argumentsOf")}</p>
      <ValueView value={step.arguments} />
      {step.result !== null && (
        <>
          <p className={classes.label}>{t("resultOf")}</p>
          <ValueView value={step.result} />
        </>
      )}
      {link}
    </Fold>
  );
}
