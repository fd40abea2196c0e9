import { TriangleAlert } from "lucide-react";
import classes from "./cards.module.css";
import { useCardStrings } from "./strings";

/** Over what was loaded before the server stopped answering. Nothing while it does. */
export function Stale(props: { error: Error | null }) {
  const t = useCardStrings();
  if (props.error === null) return null;
  return (
    <p className={classes.stale} role="alert">
      <TriangleAlert size={14} aria-hidden />
      <span>
        {t("stale")} {props.error.message}
      </span>
    </p>
  );
}
