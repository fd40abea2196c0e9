import { Button } from "@mantine/core";
import { CircleAlert } from "lucide-react";
import { ApiError } from "../../../api/client";
import { useDashboardStrings } from "../strings";
import classes from "./panels.module.css";

/** Why a panel shows nothing: its query failed, or there is nothing. */
export function PanelNotice(props: { error: Error | null; onRetry: () => void; isSmall?: boolean }) {
  const t = useDashboardStrings();
  const { error } = props;
  if (error === null) return <p className={classes.empty}>{t("noData")}</p>;
  const hint = error instanceof ApiError ? error.problem.hint : null;
  return (
    <div className={classes.failure} role="alert" data-small={props.isSmall || undefined}>
      <CircleAlert size={15} aria-hidden />
      <div>
        <b>{t("failed")}</b>
        <div className={classes.reason}>{error.message}</div>
        {hint !== null && <div className="muted">{hint}</div>}
        {!props.isSmall && error instanceof ApiError && (
          <Button mt={6} onClick={props.onRetry}>
            {t("retry")}
          </Button>
        )}
      </div>
    </div>
  );
}
