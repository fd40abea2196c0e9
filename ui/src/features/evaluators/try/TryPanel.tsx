import { Button, Group, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FlaskConical } from "lucide-react";
import { useState } from "react";
import { type EvaluatorInput, tryEvaluator } from "../../../api/evaluators";
import { newestTracesQuery } from "../../../api/queries";
import { useProject } from "../../../api/useProject";
import { Problem } from "../../../widgets/cards/Problem";
import { named } from "../edit/draft";
import { useTryStrings } from "./strings";
import { TraceChoice } from "./TraceChoice";
import classes from "./TryPanel.module.css";
import { TryResult } from "./TryResult";

/** What an evaluator, saved or not, says of one trace. */
export function TryPanel(props: { draft: EvaluatorInput; evaluatorId: string | null }) {
  const t = useTryStrings();
  const project = useProject();
  const { draft } = props;
  const filter = draft.target_type === "trace" ? draft.filter : "";
  const newest = useQuery(newestTracesQuery(project, filter));
  const [typed, setTyped] = useState("");
  const chosen = typed.trim() || (newest.data?.[0]?.trace_id ?? "");
  const [trace = "", span = null] = chosen.split("/");
  const trying = useMutation({
    mutationFn: () =>
      tryEvaluator(project, { definition: named(draft), evaluator_id: props.evaluatorId }, trace, span),
  });
  return (
    <section className={classes.panel} aria-label={t("title")}>
      <h3 className={classes.title}>{t("title")}</h3>
      <p className="muted">{t("explained")}</p>
      <Group align="end" gap="xs" wrap="nowrap">
        <TextInput
          className={classes.wide}
          label={t("trace")}
          description={newest.data?.length === 0 ? t("noTrace") : t("traceHint")}
          placeholder={newest.data?.[0]?.trace_id}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          classNames={{ input: "mono" }}
        />
        <Button
          variant="filled"
          leftSection={<FlaskConical size={14} />}
          disabled={trace === ""}
          loading={trying.isPending}
          onClick={() => trying.mutate()}
        >
          {t("run")}
        </Button>
      </Group>
      <TraceChoice traces={newest.data ?? []} value={trace} onChoose={setTyped} />
      <Problem error={trying.error} />
      {trying.data && (
        <>
          <TryResult trial={trying.data} />
          <Link to="/traces/$traceId" params={{ traceId: trace }}>
            {t("open")}
          </Link>
        </>
      )}
    </section>
  );
}
