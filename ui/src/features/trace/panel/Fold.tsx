import { ChevronDown, ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";
import classes from "./panel.module.css";

const PREVIEW_CHARS = 120;

/** A titled part that opens on a click; what is folded is not in the document. */
export function Fold(props: { title: ReactNode; preview?: string; isOpen?: boolean; children: ReactNode }) {
  const [isOpen, setOpen] = useState(props.isOpen ?? false);
  return (
    <div className={classes.fold}>
      <button
        type="button"
        className={classes.foldButton}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? <ChevronDown size={13} /> : <ChevronRight size={13} />}
        <span className={classes.foldTitle}>{props.title}</span>
        {!isOpen && <span className={classes.preview}>{props.preview?.slice(0, PREVIEW_CHARS)}</span>}
      </button>
      {isOpen && <div className={classes.foldBody}>{props.children}</div>}
    </div>
  );
}
