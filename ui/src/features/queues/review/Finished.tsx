import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { CircleCheckBig } from "lucide-react";
import type { ReviewerProgress } from "../../../api/queues";
import { useShortcuts } from "../../../base/shortcuts";
import { EmptyState } from "../../../widgets/EmptyState";
import { useReviewStrings } from "./strings";

/** Nothing is left for this reviewer. */
export function Finished(props: {
  queueId: string;
  mine: ReviewerProgress | undefined;
  onLookAgain: (alsoSkipped: boolean) => void;
  onUndo: () => void;
}) {
  const t = useReviewStrings();
  const skipped = props.mine?.skipped_count ?? 0;
  useShortcuts(t("keys"), [{ keys: ["u"], label: t("keyUndo"), run: props.onUndo }]);
  return (
    <EmptyState
      icon={<CircleCheckBig size={28} />}
      title={t("finished")}
      actions={
        <>
          {skipped > 0 && (
            <Button onClick={() => props.onLookAgain(true)}>{t("reviewSkipped", { count: skipped })}</Button>
          )}
          <Button onClick={() => props.onLookAgain(false)}>{t("checkAgain")}</Button>
          <Button onClick={props.onUndo}>{t("undo")}</Button>
          <Button
            variant="filled"
            renderRoot={(root) => (
              <Link {...root} to="/queues/$queueId" params={{ queueId: props.queueId }} />
            )}
          >
            {t("leave")}
          </Button>
        </>
      }
    >
      <p style={{ margin: 0 }}>{t("finishedMine", { count: props.mine?.done_count ?? 0 })}</p>
      {t("finishedHint")}
    </EmptyState>
  );
}
