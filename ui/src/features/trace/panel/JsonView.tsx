import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import { formatCount } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { splitMedia } from "../../../model/mediaReference";
import { cutText } from "../../../model/traceMessages";
import { useTraceStrings } from "../strings";
import classes from "./JsonView.module.css";
import { TextWithMedia } from "./TextWithMedia";

const OPEN_DEPTH = 3;
const ITEMS_MAX = 50;
const TEXT_CHARS = 1_000;

/** A JSON value as a tree that folds. */
export function JsonView(props: { value: unknown }) {
  return (
    <div className={classes.json}>
      <JsonValue value={props.value} depth={0} />
    </div>
  );
}

function JsonValue(props: { name?: string; value: unknown; depth: number }) {
  const { value } = props;
  const key = props.name === undefined ? null : <span className={classes.key}>{props.name}</span>;
  if (typeof value !== "object" || value === null) {
    return (
      <div className={classes.line}>
        {key}
        <Scalar value={value} />
      </div>
    );
  }
  return <Branch {...props} value={value} />;
}

function Branch(props: { name?: string; value: object; depth: number }) {
  const t = useTraceStrings();
  const language = useLanguage();
  const isArray = Array.isArray(props.value);
  const entries = Object.entries(props.value);
  const [isOpen, setOpen] = useState(
    props.depth < OPEN_DEPTH && !(props.depth > 0 && entries.length > ITEMS_MAX),
  );
  const [most, setMost] = useState(ITEMS_MAX);
  const brackets = isArray ? "[]" : "{}";
  const key = props.name === undefined ? null : <span className={classes.key}>{props.name}</span>;
  if (entries.length === 0) {
    return (
      <div className={classes.line}>
        {key}
        <span className={classes.quiet}>{brackets}</span>
      </div>
    );
  }
  return (
    <div>
      <button
        type="button"
        className={classes.branch}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
        {key}
        <span className={classes.quiet}>
          {isOpen ? brackets.charAt(0) : brackets.split("").join("…")}{" "}
          {!isOpen &&
            (entries.length === 1
              ? t("oneItem")
              : t("items", { count: formatCount(entries.length, language) }))}
        </span>
      </button>
      {isOpen && (
        <div className={classes.children}>
          {entries.slice(0, most).map(([name, value]) => (
            <JsonValue key={name} name={name} value={value} depth={props.depth + 1} />
          ))}
          {entries.length > most && (
            <button type="button" className={classes.more} onClick={() => setMost(most * 10)}>
              {t("showItems", { count: formatCount(entries.length - most, language) })}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function Scalar(props: { value: unknown }) {
  const t = useTraceStrings();
  const language = useLanguage();
  const [isWhole, setWhole] = useState(false);
  const { value } = props;
  if (typeof value !== "string") return <span className={classes.literal}>{String(value)}</span>;
  const { shown, hidden } = cutText(value, isWhole ? Number.POSITIVE_INFINITY : TEXT_CHARS);
  return (
    <span className={classes.string}>
      <TextWithMedia pieces={splitMedia(shown)} renderText={(text) => text} />
      {hidden > 0 && (
        <button type="button" className={classes.more} onClick={() => setWhole(true)}>
          {t("showAll", { count: formatCount(hidden, language) })}
        </button>
      )}
    </span>
  );
}
