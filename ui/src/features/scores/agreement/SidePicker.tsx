import { Select } from "@mantine/core";
import type { ScoreName } from "../../../api/scores";
import classes from "../parts/scores.module.css";
import { type Side, SOURCES } from "../search";
import { useScoresStrings } from "../strings";

/** One side of a comparison: a name, and whose scores of it. */
export function SidePicker(props: {
  label: string;
  names: readonly ScoreName[];
  side: Side;
  onChange: (side: Side) => void;
}) {
  const t = useScoresStrings();
  const { side, onChange } = props;
  const known = [...new Set([...props.names.map((item) => item.name), ...(side.name ? [side.name] : [])])];
  const ofName = props.names.filter((item) => item.name === side.name);
  const authors = [
    ...new Set([...ofName.flatMap((item) => item.authors), ...(side.author ? [side.author] : [])]),
  ];
  return (
    <div className={classes.side} role="group" aria-label={props.label}>
      <Select
        w={200}
        label={props.label}
        placeholder={t("name")}
        searchable
        value={side.name || null}
        onChange={(name) => onChange({ ...side, name: name ?? "", author: "" })}
        data={known}
      />
      <Select
        w={130}
        label={t("sourceOf")}
        placeholder={t("anySource")}
        clearable
        value={side.source || null}
        onChange={(source) => onChange({ ...side, source: source ?? "" })}
        data={SOURCES.map((source) => ({ value: source, label: t(source) }))}
      />
      {authors.length > 0 && (
        <Select
          w={150}
          label={t("author")}
          placeholder={t("anyAuthor")}
          clearable
          searchable
          value={side.author || null}
          onChange={(author) => onChange({ ...side, author: author ?? "" })}
          data={authors}
        />
      )}
    </div>
  );
}
