import { Alert } from "@mantine/core";
import { ApiError } from "../../api/client";
import { useCardStrings } from "./strings";

/** Why a change was refused, with the server's hint. Nothing where there was no error. */
export function Problem(props: { error: Error | null }) {
  const t = useCardStrings();
  const { error } = props;
  if (error === null) return null;
  const hint = error instanceof ApiError ? error.problem.hint : null;
  return (
    <Alert color="red" title={t("failed")} mt="sm" style={{ whiteSpace: "pre-wrap" }}>
      {error.message}
      {hint && <div className="muted">{hint}</div>}
    </Alert>
  );
}
