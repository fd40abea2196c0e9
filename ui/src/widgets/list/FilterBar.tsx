import { ActionIcon } from "@mantine/core";
import { Search, X } from "lucide-react";
import { type KeyboardEvent, type RefObject, useEffect, useId, useState } from "react";
import type { Selection } from "../../api/queries";
import type { Problem, Target } from "../../api/types";
import { complete, type Suggestion } from "../../model/filterCompletion";
import classes from "./FilterBar.module.css";
import { FilterProblem } from "./FilterProblem";
import { FilterSuggestions } from "./FilterSuggestions";
import { useListWords } from "./strings";
import { useCompletion } from "./useCompletion";

/** The filter's text with completion. Enter applies it; what the server can't read is shown where it stands. */
export function FilterBar(props: {
  selection: Selection;
  target: Target;
  placeholder: string;
  problem: Problem | null;
  inputRef: RefObject<HTMLInputElement | null>;
  /** Null where the filter was emptied. */
  onApply: (filter: string | null) => void;
  /** In a form, what is typed counts without Enter. */
  appliesOnLeaving?: boolean;
}) {
  const t = useListWords();
  const { selection, problem, inputRef, onApply } = props;
  const { filter } = selection;
  const listId = useId();
  const [text, setText] = useState(filter);
  const [caret, setCaret] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const { spot, suggestions } = useCompletion(text, caret, selection, props.target, isOpen);

  useEffect(() => {
    setText(filter);
  }, [filter]);

  const move = (to: string, at: number) => {
    setText(to);
    setCaret(at);
    setActive(-1);
    requestAnimationFrame(() => inputRef.current?.setSelectionRange(at, at));
  };
  const take = (suggestion: Suggestion) => {
    if (spot === null) return;
    const done = complete(text, spot, suggestion);
    move(done.filter, done.caret);
    inputRef.current?.focus();
  };
  const apply = () => {
    setOpen(false);
    onApply(text.trim());
  };
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    // An input method composes Korean with Enter and arrows of its own.
    if (event.nativeEvent.isComposing) return;
    const chosen = isOpen ? suggestions[active] : undefined;
    const first = isOpen ? suggestions[0] : undefined;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!isOpen) setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      const count = suggestions.length;
      setActive(count === 0 ? -1 : (active + step + (active < 0 && step < 0 ? 1 : 0) + count) % count);
    } else if (event.key === "Enter") {
      if (chosen) take(chosen);
      else apply();
    } else if (event.key === "Tab" && !event.shiftKey && isOpen && text !== filter && (chosen ?? first)) {
      take(chosen ?? (first as Suggestion));
    } else if (event.key === "Escape") {
      if (isOpen) setOpen(false);
      else inputRef.current?.blur();
    } else return;
    event.preventDefault();
  };
  const isShown = isOpen && suggestions.length > 0;
  return (
    <div className={classes.root} data-invalid={problem !== null || undefined}>
      <Search size={14} className={classes.icon} aria-hidden />
      <input
        ref={inputRef}
        className={classes.input}
        value={text}
        placeholder={props.placeholder}
        aria-label={t("filter")}
        role="combobox"
        aria-expanded={isShown}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={isShown && active >= 0 ? `${listId}-${active}` : undefined}
        aria-invalid={problem !== null}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        onChange={(event) => {
          setText(event.currentTarget.value);
          setCaret(event.currentTarget.selectionStart ?? 0);
          setOpen(true);
          setActive(-1);
        }}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
        onFocus={() => setOpen(true)}
        onClick={() => setOpen(true)}
        onBlur={() => (props.appliesOnLeaving ? apply() : setOpen(false))}
        onKeyDown={onKey}
      />
      {text !== "" && (
        <ActionIcon
          size="sm"
          aria-label={t("clearFilter")}
          onClick={() => {
            setText("");
            onApply(null);
          }}
        >
          <X size={13} />
        </ActionIcon>
      )}
      {isShown && (
        <FilterSuggestions
          id={listId}
          suggestions={suggestions}
          active={active}
          onTake={take}
          onPoint={setActive}
        />
      )}
      {problem !== null && !isShown && <FilterProblem filter={filter} problem={problem} />}
    </div>
  );
}
