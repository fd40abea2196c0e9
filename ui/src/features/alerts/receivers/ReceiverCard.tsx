import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Send } from "lucide-react";
import { type Attempt, type Receiver, testReceiver } from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import { formatDuration } from "../../../base/format";
import { formatDateTime } from "../../../base/time";
import classes from "../../../widgets/cards/cards.module.css";
import { Problem } from "../../../widgets/cards/Problem";
import { NeedsRole } from "../../../widgets/NeedsRole";
import { useReceiverStrings } from "./strings";

/** A receiver with its integrations; the test really sends. */
export function ReceiverCard(props: { receiver: Receiver }) {
  const t = useReceiverStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { receiver } = props;
  const test = useMutation({
    mutationFn: () => testReceiver(project, receiver.name),
    onSettled: () =>
      Promise.all(
        ["notifications", "receivers"].map((key) => queryClient.invalidateQueries({ queryKey: [key] })),
      ),
  });
  return (
    <article className={classes.card}>
      <header className={classes.head}>
        <h2 className={classes.name}>{receiver.name}</h2>
        {!receiver.is_routed && <span className={classes.badge}>{t("notRouted")}</span>}
        <span className={classes.gap} />
        {receiver.integrations.length > 0 && (
          <NeedsRole permission="admin">
            <Button leftSection={<Send size={13} />} loading={test.isPending} onClick={() => test.mutate()}>
              {t("test")}
            </Button>
          </NeedsRole>
        )}
      </header>
      {receiver.integrations.map((integration) => (
        <p key={integration.name} className={classes.facts}>
          <b>{integration.kind}</b>
          <span className="mono">{integration.target}</span>
          <span className="muted">
            {integration.last_attempt === null
              ? t("never")
              : t("sent", { sent: integration.sent_count, failed: integration.failed_count })}
          </span>
          {integration.last_attempt !== null && <Outcome attempt={integration.last_attempt} hasTime />}
        </p>
      ))}
      <Problem error={test.error} />
      {test.data && (
        <section className={classes.text} aria-live="polite">
          <b>{t("testing")}</b>
          {test.data.map((attempt) => (
            <p key={attempt.integration} className={classes.facts}>
              <span>{attempt.integration}</span>
              <Outcome attempt={attempt} />
              <span className="muted">{formatDuration(attempt.duration_ms)}</span>
            </p>
          ))}
        </section>
      )}
    </article>
  );
}

export function Outcome(props: { attempt: Attempt; hasTime?: boolean }) {
  const t = useReceiverStrings();
  const { attempt } = props;
  return (
    <span>
      <span className={classes.badge} data-tone={attempt.ok ? "good" : "bad"}>
        {attempt.ok ? t("delivered") : t("failed")}
      </span>{" "}
      {props.hasTime && <span className="muted">{formatDateTime(attempt.time).slice(0, 19)}</span>}{" "}
      {attempt.error}
      {attempt.will_retry && <span className="muted"> ({t("again")})</span>}
    </span>
  );
}
