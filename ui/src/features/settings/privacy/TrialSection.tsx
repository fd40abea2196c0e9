import { Button, Group, NativeSelect, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { previewRedaction, type RedactionPolicy, tryRedaction } from "../../../api/redaction";
import { useProject } from "../../../api/useProject";
import { piecesOf } from "../../../model/redaction/policy";
import cards from "../../../widgets/cards/cards.module.css";
import { Problem } from "../../../widgets/cards/Problem";
import { CountTable } from "./CountTable";
import { useDetectorName, useFieldName } from "./names";
import classes from "./privacy.module.css";
import { usePrivacyStrings } from "./strings";

/** What the rules would do, to a text that is pasted and to stored traces. */
export function TrialSection(props: { policy: RedactionPolicy; fields: readonly string[] }) {
  const t = usePrivacyStrings();
  const fieldName = useFieldName();
  const project = useProject();
  const [text, setText] = useState("");
  const [field, setField] = useState("input");
  const trial = useMutation({
    mutationFn: async (given: string) => ({
      given,
      result: await tryRedaction(project, props.policy, given, field),
    }),
  });
  const preview = useMutation({ mutationFn: () => previewRedaction(project, props.policy) });
  const tried = preview.data;
  return (
    <section className={cards.card} aria-label={t("trial")}>
      <h2 className={cards.name}>{t("trial")}</h2>
      <p className="muted">{t("trialHelp")}</p>
      <Textarea
        aria-label={t("trialText")}
        autosize
        minRows={3}
        maxRows={14}
        mt="xs"
        spellCheck={false}
        classNames={{ input: "mono" }}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Group gap="xs" mt="xs">
        <Button loading={trial.isPending} disabled={text === ""} onClick={() => trial.mutate(text)}>
          {t("run")}
        </Button>
        <span className="muted">{t("trialField")}</span>
        <NativeSelect
          size="xs"
          aria-label={t("field")}
          value={field}
          data={props.fields.map((one) => ({ value: one, label: fieldName(one) }))}
          onChange={(event) => setField(event.currentTarget.value)}
        />
        <Button variant="subtle" loading={preview.isPending} onClick={() => preview.mutate()}>
          {t("preview")}
        </Button>
      </Group>
      <Problem error={trial.error ?? preview.error} />
      {trial.data && <TrialOutcome {...trial.data} />}
      {tried && (
        <p role="status">
          {tried.traces === 0
            ? t("previewNone")
            : t("previewResult", { ...tried, changed: tried.spans_changed })}
        </p>
      )}
      {tried && tried.counts.length > 0 && <CountTable counts={tried.counts} />}
    </section>
  );
}

type Tried = { given: string; result: Awaited<ReturnType<typeof tryRedaction>> };

function TrialOutcome({ given, result }: Tried) {
  const t = usePrivacyStrings();
  const detectorName = useDetectorName();
  if (result.count === 0) return <p role="status">{t("nothingFound")}</p>;
  return (
    <div role="status">
      <p>{t("found", { count: result.count })}</p>
      <pre className={classes.sample}>
        {piecesOf(given, result.findings).map((piece, at) =>
          piece.detector === null ? (
            piece.text
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a text that does not change
            <mark key={at} title={detectorName(piece.detector)}>
              {piece.text}
            </mark>
          ),
        )}
      </pre>
      {result.text === null ? (
        <p>{t("wouldDrop")}</p>
      ) : (
        <>
          <p className="muted">{t("wouldStore")}</p>
          <pre className={classes.sample}>{result.text}</pre>
        </>
      )}
    </div>
  );
}
