import type { Rubric } from "../../../api/evaluators";
import type { Json } from "../../../model/schemaForm";
import { CodeBlock } from "../../../widgets/CodeBlock";
import { useEditStrings } from "./strings";

/** What a shipped rubric says, to be read before it is trusted. */
export function RubricText(props: { rubrics: readonly Rubric[]; name: Json | undefined }) {
  const t = useEditStrings();
  const rubric = props.rubrics.find(({ name }) => name === props.name);
  if (!rubric) return null;
  return (
    <details>
      <summary>{t("rubricText")}</summary>
      <p className="muted">{rubric.description}</p>
      <CodeBlock code={rubric.text} />
      {rubric.levels.map(({ answer, criterion }) => (
        <p key={answer}>
          <b>{answer}</b> {criterion}
        </p>
      ))}
    </details>
  );
}
