import { ActionIcon, TextInput } from "@mantine/core";
import { ChevronDown, ChevronUp, Search, X } from "lucide-react";
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";
import { formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { useTraceStrings } from "./strings";
import classes from "./TracePage.module.css";
import type { TraceSearchState } from "./useTraceSearch";
import type { TraceState } from "./useTraceState";

/** Search inside the trace: Enter goes to the next match, Esc clears it. */
export function SearchBox(props: {
  state: TraceState;
  search: TraceSearchState;
  inputRef: RefObject<HTMLInputElement | null>;
}) {
  const t = useTraceStrings();
  const language = useLanguage();
  const { state, search } = props;
  const hasQuery = state.query !== "";
  // The router answers later than the keyboard: the input keeps its own text, and follows the URL only when that
  // was changed elsewhere.
  const [text, setText] = useState(state.query);
  const written = useRef(state.query);
  useEffect(() => {
    if (state.query !== written.current) setText(state.query);
    written.current = state.query;
  }, [state.query]);
  const write = (query: string) => {
    setText(query);
    written.current = query;
    state.actions.setQuery(query);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter") search.step(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") {
      write("");
      event.currentTarget.blur();
    } else return;
    event.preventDefault();
  };
  const count = formatCount(search.matches.length, language);
  const isEmpty = search.matches.length === 0;
  return (
    <search className={classes.search}>
      <TextInput
        ref={props.inputRef}
        aria-label={t("search")}
        placeholder={t("search")}
        leftSection={<Search size={13} />}
        rightSection={<kbd className={classes.slash}>/</kbd>}
        value={text}
        onChange={(event) => write(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {hasQuery && (
        <>
          <span className={classes.matches} aria-live="polite">
            {search.error
              ? search.error.message
              : isEmpty
                ? search.isSearching
                  ? "…"
                  : t("noMatches")
                : t("matches", { at: search.position === 0 ? "–" : String(search.position), count })}
          </span>
          <ActionIcon
            size="sm"
            aria-label={t("previousMatch")}
            disabled={isEmpty}
            onClick={() => search.step(-1)}
          >
            <ChevronUp size={14} />
          </ActionIcon>
          <ActionIcon size="sm" aria-label={t("nextMatch")} disabled={isEmpty} onClick={() => search.step(1)}>
            <ChevronDown size={14} />
          </ActionIcon>
          <ActionIcon size="sm" aria-label={t("clearSearch")} onClick={() => write("")}>
            <X size={14} />
          </ActionIcon>
        </>
      )}
    </search>
  );
}
