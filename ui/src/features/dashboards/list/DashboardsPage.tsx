import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Navigate, useSearch } from "@tanstack/react-router";
import { LayoutDashboard, Plus, Upload } from "lucide-react";
import { useState } from "react";
import { type DashboardSummary, dashboardsQuery } from "../../../api/dashboards";
import { useProject } from "../../../api/useProject";
import cards from "../../../widgets/cards/cards.module.css";
import { PageFrame } from "../../../widgets/cards/PageFrame";
import { Stale } from "../../../widgets/cards/Stale";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { NeedsRole } from "../../../widgets/NeedsRole";
import { useDashboardStrings } from "../strings";
import { DashboardCard } from "./DashboardCard";
import { ImportDialog } from "./ImportDialog";
import classes from "./list.module.css";

/** The project's dashboards: /dashboards. Opens the default one, unless the list is asked for. */
export function DashboardsPage() {
  const t = useDashboardStrings();
  const project = useProject();
  const search = useSearch({ strict: false }) as { list?: string };
  const dashboards = useQuery(dashboardsQuery(project));
  const [isImporting, setImporting] = useState(false);
  const items = dashboards.data ?? [];
  const first = items.find((item) => item.is_default);
  if (first !== undefined && search.list === undefined)
    return <Navigate to="/dashboards/$dashboardId" params={{ dashboardId: first.id }} replace />;
  const own = items.filter((item) => !item.is_shipped).sort(starredFirst);
  const actions = (
    <>
      <NeedsRole permission="edit">
        <Button leftSection={<Upload size={14} />} onClick={() => setImporting(true)}>
          {t("importJson")}
        </Button>
      </NeedsRole>
      <NeedsRole permission="edit">
        <Button
          variant="filled"
          leftSection={<Plus size={14} />}
          renderRoot={(root) => (
            <Link {...root} to="/dashboards/$dashboardId" params={{ dashboardId: "new" }} />
          )}
        >
          {t("create")}
        </Button>
      </NeedsRole>
    </>
  );
  return (
    <PageFrame title={t("title")} actions={actions}>
      <Stale error={dashboards.data === undefined ? null : dashboards.error} />
      {dashboards.data === undefined && dashboards.error && (
        <ErrorState error={dashboards.error} onRetry={() => void dashboards.refetch()} />
      )}
      {dashboards.data === undefined && !dashboards.error && <Skeleton height={160} radius="sm" />}
      {dashboards.data !== undefined && (
        <>
          {own.length === 0 ? (
            <EmptyState icon={<LayoutDashboard size={28} />} title={t("none")}>
              {t("noneHint")}
            </EmptyState>
          ) : (
            <Section title={t("own")} items={own} />
          )}
          <Section title={t("shipped")} items={items.filter((item) => item.is_shipped)} />
        </>
      )}
      {isImporting && <ImportDialog onClose={() => setImporting(false)} />}
    </PageFrame>
  );
}

function Section(props: { title: string; items: readonly DashboardSummary[] }) {
  return (
    <section>
      <h2 className={classes.heading}>{props.title}</h2>
      <div className={cards.page} style={{ padding: 0 }}>
        {props.items.map((item) => (
          <DashboardCard key={item.id} dashboard={item} />
        ))}
      </div>
    </section>
  );
}

function starredFirst(one: DashboardSummary, other: DashboardSummary): number {
  return Number(other.is_starred) - Number(one.is_starred) || one.title.localeCompare(other.title);
}
