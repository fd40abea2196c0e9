import { Select } from "@mantine/core";
import type { EvaluatorKind } from "../../../api/evaluators";
import { useEditStrings } from "./strings";

/** The kinds with what they do, those that cost money apart. */
export function KindField(props: {
  kinds: readonly EvaluatorKind[];
  value: string;
  onChange: (kind: EvaluatorKind) => void;
}) {
  const t = useEditStrings();
  const { kinds } = props;
  const itemsOf = (isJudge: boolean) =>
    kinds
      .filter((kind) => kind.is_judge === isJudge)
      .map(({ name, title }) => ({ value: name, label: title }));
  return (
    <Select
      label={t("kind")}
      description={kinds.find(({ name }) => name === props.value)?.description}
      allowDeselect={false}
      searchable
      maxDropdownHeight={420}
      value={props.value}
      onChange={(name) => {
        const kind = kinds.find((one) => one.name === name);
        if (kind && kind.name !== props.value) props.onChange(kind);
      }}
      data={[
        { group: t("judgeKinds"), items: itemsOf(true) },
        { group: t("checkKinds"), items: itemsOf(false) },
      ]}
    />
  );
}
