import { UnstyledButton } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import { facetQuery } from "../../api/queries";
import type { Target } from "../../api/types";
import { type Choice, choicesOf, toggleValue, withoutField } from "../../model/filterText";
import classes from "./FacetSection.module.css";
import { FacetValueRow } from "./FacetValueRow";
import type { ListState } from "./listState";
import { useListWords } from "./strings";

const SHORT = 8;
const LONG = 50;

/** One field's values. They are counted without the field's own terms, so that its other values stay in sight. */
export function FacetSection(props: {
  field: string;
  target: Target;
  isOpen: boolean;
  onToggle: () => void;
  state: ListState;
}) {
  const t = useListWords();
  const { field, isOpen, state } = props;
  const [isLong, setLong] = useState(false);
  const limit = isLong ? LONG : SHORT;
  const others = { ...state.selection, filter: withoutField(state.filter, field) };
  const facet = useQuery({
    ...facetQuery(others, props.target, field, "", limit + 1),
    enabled: isOpen,
    placeholderData: keepPreviousData,
  });
  const chosen = choicesOf(state.filter, field);
  const values = facet.data?.values ?? [];
  const top = values[0]?.count ?? 1;
  const choose = (value: string, choice: Choice) =>
    state.change({ filter: toggleValue(state.filter, field, value, choice) });
  const chosenCount = chosen.include.size + chosen.exclude.size;
  return (
    <section className={classes.section}>
      <UnstyledButton className={classes.head} aria-expanded={isOpen} onClick={props.onToggle}>
        {isOpen ? <ChevronDown size={13} aria-hidden /> : <ChevronRight size={13} aria-hidden />}
        {field}
        {chosenCount > 0 && <span className={classes.badge}>{chosenCount}</span>}
      </UnstyledButton>
      {isOpen && (
        <div className={classes.values}>
          {values.slice(0, limit).map(({ value, count }) => {
            const mark = chosen.include.has(value) ? "include" : chosen.exclude.has(value) ? "exclude" : null;
            return (
              <FacetValueRow
                key={value}
                value={value}
                count={count}
                share={count / top}
                chosen={mark}
                onChoose={(choice) => choose(value, choice)}
              />
            );
          })}
          {facet.isSuccess && values.length === 0 && <div className={classes.none}>{t("noValues")}</div>}
          {facet.isPending && <div className={classes.none}>…</div>}
          {facet.isError && <div className={classes.none}>{t("facetFailed")}</div>}
          {(values.length > limit || isLong) && (
            <UnstyledButton className={classes.more} onClick={() => setLong(!isLong)}>
              {isLong ? t("less") : t("more")}
            </UnstyledButton>
          )}
        </div>
      )}
    </section>
  );
}
