import { Button, SegmentedControl, Skeleton, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BellRing, Search } from "lucide-react";
import { useState } from "react";
import { type ActiveAlert, alertsQuery } from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import { matchersOf } from "../../../model/alertLinks";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import classes from "../cards.module.css";
import { type SilenceDraft, SilenceForm } from "../silences/SilenceForm";
import { AlertCard } from "./AlertCard";
import { type AlertKind, kindOf } from "./kinds";
import { useAlertListStrings } from "./strings";

const KINDS: readonly AlertKind[] = ["firing", "pending", "silenced", "inhibited"];

/** What is wrong just now: /alerts. */
export function AlertsPage() {
  const t = useAlertListStrings();
  const project = useProject();
  const alerts = useQuery(alertsQuery(project));
  const [kind, setKind] = useState<AlertKind | "all">("all");
  const [text, setText] = useState("");
  const [silence, setSilence] = useState<SilenceDraft | null>(null);
  if (alerts.error) return <ErrorState error={alerts.error} onRetry={() => void alerts.refetch()} />;
  if (alerts.data === undefined) return <Skeleton height={120} m={12} radius="sm" />;
  const items = alerts.data.items;
  if (items.length === 0) {
    return (
      <EmptyState
        icon={<BellRing size={28} />}
        title={t("quiet")}
        actions={
          <Button component={Link} to="/alerts/rules">
            {t("seeRules")}
          </Button>
        }
      >
        {t("quietHint")}
      </EmptyState>
    );
  }
  const count = (wanted: AlertKind) => items.filter((alert) => kindOf(alert) === wanted).length;
  const shown = items.filter(
    (alert) => (kind === "all" || kindOf(alert) === kind) && hasText(alert, text.trim().toLowerCase()),
  );
  return (
    <div className={classes.page}>
      <div className={classes.bar} style={{ justifyContent: "flex-start" }}>
        <SegmentedControl
          size="xs"
          value={kind}
          onChange={(value) => setKind(value as AlertKind | "all")}
          data={[
            { value: "all", label: `${t("all")} ${items.length}` },
            ...KINDS.map((one) => ({ value: one, label: `${t(one)} ${count(one)}` })),
          ]}
        />
        <TextInput
          leftSection={<Search size={13} />}
          placeholder={t("search")}
          aria-label={t("search")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </div>
      {shown.length === 0 && <EmptyState title={t("none")} />}
      {[...shown].sort(byUrgency).map((alert) => (
        <AlertCard
          key={alert.fingerprint}
          alert={alert}
          onSilence={() => setSilence({ id: null, matchers: matchersOf(alert.labels), comment: "" })}
        />
      ))}
      {silence !== null && <SilenceForm draft={silence} onClose={() => setSilence(null)} />}
    </div>
  );
}

function hasText(alert: ActiveAlert, text: string): boolean {
  return Object.entries(alert.labels).some(([name, value]) =>
    `${name}=${value}`.toLowerCase().includes(text),
  );
}

const SEVERITIES = ["critical", "page", "warning"];

/** Firing first, then by severity, then what began last. */
function byUrgency(one: ActiveAlert, other: ActiveAlert): number {
  const rank = (alert: ActiveAlert) => KINDS.indexOf(kindOf(alert));
  const weight = (alert: ActiveAlert) => {
    const place = SEVERITIES.indexOf(alert.labels.severity ?? "");
    return place < 0 ? SEVERITIES.length : place;
  };
  return (
    rank(one) - rank(other) ||
    weight(one) - weight(other) ||
    Date.parse(other.active_at) - Date.parse(one.active_at)
  );
}
