import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "../../api/client";
import { changeDashboard, createDashboard, type Dashboard, dashboardQuery } from "../../api/dashboards";
import { useProject } from "../../api/useProject";
import type { DashboardDocument } from "../../model/dashboards/document";
import type { Draft } from "./useDraft";

export type Saving = {
  save: () => void;
  isSaving: boolean;
  error: Error | null;
  /** What somebody else saved meanwhile. */
  conflict: Dashboard | null;
  takeTheirs: () => void;
  replaceTheirs: () => void;
  saveCopy: (title: string) => void;
};

/** Keeps a dashboard, and knows when somebody else did meanwhile. */
export function useSaving(dashboard: Dashboard, draft: Draft, isNew: boolean): Saving {
  const project = useProject();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [version, setVersion] = useState(dashboard.version);
  const [conflict, setConflict] = useState<Dashboard | null>(null);

  const settle = (kept: Dashboard) => {
    setVersion(kept.version);
    setConflict(null);
    draft.settle(kept.document);
    client.setQueryData(dashboardQuery(project, kept.id).queryKey, kept);
    void client.invalidateQueries({ queryKey: ["dashboards", project] });
  };
  const change = useMutation({
    mutationFn: (known: number) => changeDashboard(project, dashboard.id, draft.document, known),
    onSuccess: settle,
    onError: (error) => setConflict(theirsOf(error)),
  });
  const create = useMutation({
    mutationFn: (document: DashboardDocument) => createDashboard(project, document),
    onSuccess: (made) => {
      settle(made);
      const params = { dashboardId: made.id };
      void navigate({ to: "/dashboards/$dashboardId", params, ignoreBlocker: true });
    },
  });
  const failed = create.error ?? (conflict === null ? change.error : null);
  return {
    save: () => (isNew ? create.mutate(draft.document) : change.mutate(version)),
    isSaving: change.isPending || create.isPending,
    error: failed,
    conflict,
    takeTheirs: () => conflict !== null && settle(conflict),
    replaceTheirs: () => conflict !== null && change.mutate(conflict.version),
    saveCopy: (title) => create.mutate({ ...draft.document, title }),
  };
}

function theirsOf(error: Error): Dashboard | null {
  if (!(error instanceof ApiError) || error.status !== 409) return null;
  return (error.body as { current?: Dashboard }).current ?? null;
}
