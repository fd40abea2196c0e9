import { useEffect, useRef } from "react";
import { formatCompact } from "../../base/format";
import type { Suggestion } from "../../model/filterCompletion";
import classes from "./FilterSuggestions.module.css";
import { useListWords } from "./strings";

export function FilterSuggestions(props: {
  id: string;
  suggestions: readonly Suggestion[];
  active: number;
  onTake: (suggestion: Suggestion) => void;
  onPoint: (index: number) => void;
}) {
  const t = useListWords();
  const activeElement = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the element changes with the index
  useEffect(() => {
    activeElement.current?.scrollIntoView({ block: "nearest" });
  }, [props.active]);
  return (
    <div className={classes.box}>
      <div role="listbox" id={props.id} aria-label={t("suggestions")} className={classes.list}>
        {props.suggestions.map((suggestion, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input takes the keys
          <div
            key={suggestion.label}
            ref={index === props.active ? activeElement : null}
            id={`${props.id}-${index}`}
            role="option"
            aria-selected={index === props.active}
            className={classes.option}
            // The press must not take the focus out of the input, or the list would close before the click.
            onMouseDown={(event) => event.preventDefault()}
            onMouseMove={() => props.onPoint(index)}
            onClick={() => props.onTake(suggestion)}
          >
            <span className={classes.label}>{suggestion.label}</span>
            <span className={classes.detail}>{suggestion.detail}</span>
            {suggestion.count !== undefined && (
              <span className={classes.count}>{formatCompact(suggestion.count)}</span>
            )}
          </div>
        ))}
      </div>
      <div className={classes.keys}>{t("suggestionKeys")}</div>
    </div>
  );
}
