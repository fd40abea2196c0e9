import { Button } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useSearch } from "@tanstack/react-router";
import { LayoutDashboard, Plus } from "lucide-react";
import { useEffect, useState } from "react";
import type { Dashboard } from "../../api/dashboards";
import { useMay } from "../../api/me";
import { useProject } from "../../api/useProject";
import { toRfc3339 } from "../../base/time";
import { freeId, newPanel, type Panel } from "../../model/dashboards/document";
import { bottomPlace, compact, freePlace } from "../../model/dashboards/layout";
import { EmptyState } from "../../widgets/EmptyState";
import { DashboardHead } from "./DashboardHead";
import classes from "./DashboardPage.module.css";
import { PanelEditor } from "./edit/PanelEditor";
import { SettingsDialog } from "./edit/SettingsDialog";
import { Grid, type Handles } from "./Grid";
import { LeaveGuard } from "./LeaveGuard";
import { PanelFrame } from "./PanelFrame";
import type { PanelContext } from "./panelData";
import { ScopeControls } from "./ScopeControls";
import type { DashboardSearch } from "./search";
import { useDashboardStrings } from "./strings";
import { useDashboardScope } from "./useDashboardScope";
import { useDraft } from "./useDraft";
import { useMarks } from "./useMarks";
import { useSaving } from "./useSaving";
import { useVariables } from "./useVariables";
import { VariableBar } from "./VariableBar";

const PANEL_SIZE = { w: 12, h: 8 };
const FULL_PX_MIN = 320;

/** A dashboard that is looked at, or worked on. */
export function DashboardView(props: { dashboard: Dashboard; isNew: boolean }) {
  const t = useDashboardStrings();
  const project = useProject();
  const mayEdit = useMay("edit");
  const draft = useDraft(props.dashboard.document);
  const saving = useSaving(props.dashboard, draft, props.isNew);
  const [isEditing, setEditing] = useState(props.isNew);
  const [edited, setEdited] = useState<Panel | null>(null);
  const [isSetting, setSetting] = useState(false);
  const { document: board } = draft;
  const scope = useDashboardScope(board.time, board.refresh);
  const { states, values } = useVariables(project, board.variables, scope.resolved);
  const options = Object.fromEntries(states.map((state) => [state.variable.name, state.options]));
  const context: PanelContext = { project, range: scope.resolved, values, options, filter: scope.filter };
  const marks = useMarks(project, board.annotations, scope.resolved, values);
  const search = useSearch({ strict: false }) as DashboardSearch;
  const full = board.panels.find((panel) => panel.id === search.panel) ?? null;
  const canEdit = mayEdit && !props.dashboard.is_shipped;

  useEffect(() => {
    document.title = `${board.title} · Spanglass`;
  }, [board.title]);
  useHotkeys([
    ["mod+Z", () => isEditing && edited === null && draft.undo()],
    ["mod+shift+Z", () => isEditing && edited === null && draft.redo()],
    ["mod+S", () => isEditing && edited === null && saving.save()],
  ]);

  const put = (panel: Panel) => {
    const isKnown = board.panels.some((one) => one.id === panel.id);
    const panels = isKnown
      ? board.panels.map((one) => (one.id === panel.id ? panel : one))
      : [...board.panels, panel];
    draft.change({ panels });
    setEdited(null);
  };
  const add = (kind: "line" | "row") => {
    const id = freeId(board.panels);
    if (kind === "row") {
      const place = bottomPlace(board.panels, { w: 24, h: 1 });
      put({ ...newPanel(id, place), kind: "row", queries: [], title: t("kindRow") });
    } else setEdited(newPanel(id, freePlace(board.panels, PANEL_SIZE)));
    setEditing(true);
  };
  const duplicate = (panel: Panel) => {
    const place = freePlace(board.panels, { w: panel.place.w, h: panel.place.h });
    draft.change({ panels: [...board.panels, { ...panel, id: freeId(board.panels), place }] });
  };
  const remove = (panel: Panel) =>
    draft.change({ panels: compact(board.panels.filter((one) => one.id !== panel.id)) });
  const toRange = (from: number, to: number) =>
    scope.change({ from: toRfc3339(from), to: toRfc3339(Math.max(to, from + 1_000)) });
  const frame = (panel: Panel, height: number, handles: Handles | null) => (
    <PanelFrame
      panel={panel}
      height={height}
      context={context}
      marks={marks}
      syncKey={props.dashboard.id}
      handles={handles}
      isFull={full !== null}
      onFull={(isFull) => scope.change({ panel: isFull ? panel.id : "" })}
      onRange={toRange}
      edit={
        canEdit
          ? {
              onEdit: () => {
                setEditing(true);
                setEdited(panel);
              },
              onDuplicate: () => {
                setEditing(true);
                duplicate(panel);
              },
              onRemove: () => {
                setEditing(true);
                remove(panel);
              },
            }
          : null
      }
    />
  );

  return (
    <main className={classes.page} data-scroller>
      <LeaveGuard isChanged={draft.isChanged} />
      {edited !== null ? (
        <PanelEditor
          panel={edited}
          variables={board.variables.map((variable) => variable.name)}
          context={context}
          marks={marks}
          onRange={toRange}
          onDone={put}
          onCancel={() => setEdited(null)}
        />
      ) : (
        <>
          <DashboardHead
            dashboard={props.dashboard}
            draft={draft}
            saving={saving}
            canEdit={canEdit}
            isEditing={isEditing}
            onEditing={setEditing}
            onAdd={add}
            onSettings={() => setSetting(true)}
            range={scope.resolved}
          />
          <div className={classes.bars}>
            <ScopeControls
              project={project}
              scope={scope}
              hasFilter={board.panels.some((panel) => panel.queries.some((one) => one.kind === "aggregate"))}
            />
            <VariableBar states={states} change={scope.change} />
          </div>
          {board.panels.length === 0 && (
            <EmptyState
              icon={<LayoutDashboard size={28} />}
              title={t("empty")}
              actions={
                canEdit && (
                  <Button variant="filled" leftSection={<Plus size={14} />} onClick={() => add("line")}>
                    {t("addPanel")}
                  </Button>
                )
              }
            >
              {t("emptyHint")}
            </EmptyState>
          )}
          {full === null ? (
            <Grid
              panels={board.panels}
              isEditable={canEdit && isEditing}
              onArrange={(panels) => draft.change({ panels })}
            >
              {frame}
            </Grid>
          ) : (
            <div className={classes.full}>{frame(full, fullHeight(), null)}</div>
          )}
        </>
      )}
      {isSetting && (
        <SettingsDialog
          board={board}
          onApply={(part) => {
            draft.change(part);
            setSetting(false);
          }}
          onClose={() => setSetting(false)}
        />
      )}
    </main>
  );
}

function fullHeight(): number {
  return Math.max(FULL_PX_MIN, window.innerHeight - 170);
}
