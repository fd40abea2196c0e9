import { ApiError } from "../../api/client";
import classes from "./Door.module.css";
import { useLoginStrings } from "./strings";

/** Why somebody did not get in, in the server's words. Nothing where nothing went wrong. */
export function Refusal(props: { error: Error | string | null }) {
  const t = useLoginStrings();
  const { error } = props;
  if (error === null) return null;
  const isTooOften = error instanceof ApiError && error.status === 429;
  const hint = error instanceof ApiError && !isTooOften ? error.problem.hint : null;
  return (
    <p className={classes.refusal} role="alert">
      {isTooOften ? t("tooMany") : typeof error === "string" ? error : error.message}
      {hint && <span> {hint}</span>}
    </p>
  );
}
