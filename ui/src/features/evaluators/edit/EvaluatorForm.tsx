import { Button, Fieldset, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { FormEvent } from "react";
import type { EvaluatorInput, EvaluatorKinds } from "../../../api/evaluators";
import { Problem } from "../../../widgets/cards/Problem";
import { SchemaForm } from "../../../widgets/forms/SchemaForm";
import { ConnectionField } from "./ConnectionField";
import { firstDraft, hiddenOptions, MORE_OPTIONS } from "./draft";
import classes from "./EditPage.module.css";
import { KindField } from "./KindField";
import { LimitFields } from "./LimitFields";
import { NoticeFields } from "./NoticeFields";
import { RubricText } from "./RubricText";
import { ScopeFields } from "./ScopeFields";
import { useEditStrings } from "./strings";

type EvaluatorFormProps = {
  draft: EvaluatorInput;
  kinds: EvaluatorKinds;
  isNew: boolean;
  becomesNewVersion: boolean;
  isSaving: boolean;
  error: Error | null;
  onChange: (draft: EvaluatorInput) => void;
  onSave: () => void;
};

export function EvaluatorForm(props: EvaluatorFormProps) {
  const t = useEditStrings();
  const { draft, kinds, onChange } = props;
  const kind = kinds.items.find(({ name }) => name === draft.kind);
  const change = (part: Partial<EvaluatorInput>) => onChange({ ...draft, ...part });
  const save = (event: FormEvent) => {
    event.preventDefault();
    props.onSave();
  };
  return (
    <form onSubmit={save} className={classes.form}>
      <KindField
        kinds={kinds.items}
        value={draft.kind}
        onChange={(chosen) => onChange({ ...firstDraft(chosen, draft.name), filter: draft.filter })}
      />
      <TextInput
        required
        label={t("name")}
        description={t("nameHint")}
        maxLength={64}
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      {kind && (
        <Fieldset legend={t("options")} className={classes.fields}>
          {kind.is_judge && (
            <ConnectionField options={draft.options} onChange={(options) => change({ options })} />
          )}
          <SchemaForm
            key={kind.name}
            schema={kind.options_schema}
            value={draft.options}
            without={kind.is_judge ? [...hiddenOptions(draft.options), ...MORE_OPTIONS] : []}
            onChange={(options) => change({ options })}
          />
          {kind.is_judge && <RubricText rubrics={kinds.rubrics} name={draft.options.rubric} />}
          {kind.is_judge && (
            <details>
              <summary>{t("more")}</summary>
              <div className={classes.fields}>
                <SchemaForm
                  schema={kind.options_schema}
                  value={draft.options}
                  only={MORE_OPTIONS}
                  onChange={(options) => change({ options })}
                />
              </div>
            </details>
          )}
        </Fieldset>
      )}
      <ScopeFields draft={draft} onChange={change} />
      <LimitFields draft={draft} isJudge={kind?.is_judge ?? false} onChange={change} />
      <NoticeFields notice={draft.notice} onChange={(notice) => change({ notice })} />
      <Problem error={props.error} />
      {props.becomesNewVersion && <p className="muted">{t("versionHint")}</p>}
      <div className={classes.foot}>
        <Link to="/evaluators">
          <Button component="span">{t("cancel")}</Button>
        </Link>
        <Button type="submit" variant="filled" loading={props.isSaving} disabled={draft.name.trim() === ""}>
          {props.isNew ? t("create") : t("save")}
        </Button>
      </div>
    </form>
  );
}
