import { Button, SegmentedControl, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { BellRing } from "lucide-react";
import { useState } from "react";
import { alertsQuery } from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import { matchersOf } from "../../../model/alertLinks";
import { CardList } from "../../../widgets/cards/CardList";
import classes from "../../../widgets/cards/cards.module.css";
import { SearchInput } from "../../../widgets/cards/SearchInput";
import { Stale } from "../../../widgets/cards/Stale";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import type { AlertSearch } from "../search";
import { type SilenceDraft, SilenceForm } from "../silences/SilenceForm";
import { AlertCard } from "./AlertCard";
import { byUrgency, hasText, KINDS, kindOf } from "./kinds";
import { useAlertListStrings } from "./strings";

/** What is wrong just now: /alerts. */
export function AlertsPage() {
  const t = useAlertListStrings();
  const alerts = useQuery(alertsQuery(useProject()));
  const { kind, text = "" } = useSearch({ from: "/alerts/" });
  const router = useRouter();
  const [silence, setSilence] = useState<SilenceDraft | null>(null);
  const { data, error, dataUpdatedAt } = alerts;
  if (data === undefined) {
    if (error) return <ErrorState error={error} onRetry={() => void alerts.refetch()} />;
    return <Skeleton height={120} m={12} radius="sm" />;
  }
  const show = (search: AlertSearch) => void router.navigate({ to: "/alerts", search, replace: true });
  const counts = KINDS.map((one) => data.items.filter((alert) => kindOf(alert) === one).length);
  const shown = data.items
    .filter((alert) => (kind === undefined || kindOf(alert) === kind) && hasText(alert, text))
    .sort(byUrgency);
  return (
    <div className={classes.page}>
      <Stale error={error} />
      {data.items.length === 0 ? (
        <Quiet />
      ) : (
        <div className={classes.bar}>
          <SegmentedControl
            size="xs"
            aria-label={t("kinds")}
            value={kind ?? "all"}
            onChange={(value) => {
              const chosen = KINDS.find((one) => one === value);
              show({ ...(text && { text }), ...(chosen && { kind: chosen }) });
            }}
            data={[
              { value: "all", label: `${t("all")} ${data.items.length}` },
              ...KINDS.map((one, position) => ({ value: one, label: `${t(one)} ${counts[position]}` })),
            ]}
          />
          <SearchInput
            label={t("search")}
            value={text}
            onChange={(value) => show({ ...(kind && { kind }), ...(value.trim() && { text: value.trim() }) })}
          />
        </div>
      )}
      {data.items.length > 0 && shown.length === 0 && (
        <EmptyState title={t("none")} actions={<Button onClick={() => show({})}>{t("showAll")}</Button>} />
      )}
      <CardList
        items={shown}
        keyOf={(alert) => alert.fingerprint}
        card={(alert) => (
          <AlertCard
            alert={alert}
            now={dataUpdatedAt}
            onSilence={() => setSilence({ id: null, matchers: matchersOf(alert.labels), comment: "" })}
          />
        )}
      />
      {silence !== null && <SilenceForm draft={silence} onClose={() => setSilence(null)} />}
    </div>
  );
}

function Quiet() {
  const t = useAlertListStrings();
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
