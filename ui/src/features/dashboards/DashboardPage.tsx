import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { type Dashboard, dashboardQuery } from "../../api/dashboards";
import { useProject } from "../../api/useProject";
import { emptyDocument } from "../../model/dashboards/document";
import { PageFrame } from "../../widgets/cards/PageFrame";
import { ErrorState } from "../../widgets/ErrorState";
import { DashboardView } from "./DashboardView";
import { useDashboardStrings } from "./strings";

/** In the address of one that is not stored yet. */
export const NEW = "new";

/** One dashboard: /dashboards/$dashboardId. */
export function DashboardPage() {
  const t = useDashboardStrings();
  const project = useProject();
  const { dashboardId } = useParams({ strict: false }) as { dashboardId: string };
  const isNew = dashboardId === NEW;
  const found = useQuery({ ...dashboardQuery(project, dashboardId), enabled: !isNew });
  const fresh = useMemo(() => newDashboard(t("untitled")), [t]);
  const dashboard = isNew ? fresh : found.data;
  if (dashboard !== undefined)
    return <DashboardView key={`${project} ${dashboard.id}`} dashboard={dashboard} isNew={isNew} />;
  return (
    <PageFrame title={t("title")} back={{ to: "/dashboards", label: t("toList") }} isWide>
      {found.error ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Skeleton height={320} radius="sm" aria-label={t("loading")} />
      )}
    </PageFrame>
  );
}

function newDashboard(title: string): Dashboard {
  return {
    id: NEW,
    title,
    description: "",
    tags: [],
    panel_count: 0,
    version: 0,
    is_shipped: false,
    is_starred: false,
    is_default: false,
    created_at: null,
    updated_at: null,
    updated_by: null,
    document: emptyDocument(title),
  };
}
