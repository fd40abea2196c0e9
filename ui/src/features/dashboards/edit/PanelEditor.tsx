import { Button } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { ArrowLeft, Plus } from "lucide-react";
import { useState } from "react";
import type { Mark } from "../../../charts/marks";
import { isQueried, newQuery, type Panel, type PanelQuery } from "../../../model/dashboards/document";
import type { PanelContext } from "../panelData";
import { PanelBody } from "../panels/PanelBody";
import { useDashboardStrings } from "../strings";
import { usePanelData } from "../usePanelData";
import classes from "./edit.module.css";
import { LookForm } from "./LookForm";
import { QueryForm } from "./QueryForm";

const PREVIEW_PX = 300;

type EditorProps = {
  panel: Panel;
  /** Names of the dashboard's variables. */
  variables: readonly string[];
  context: PanelContext;
  marks: readonly Mark[];
  onRange: (from: number, to: number) => void;
  onDone: (panel: Panel) => void;
  onCancel: () => void;
};

/** One panel, shown as it will look while it is changed. */
export function PanelEditor(props: EditorProps) {
  const t = useDashboardStrings();
  const [panel, setPanel] = useState(props.panel);
  const change = (part: Partial<Panel>) => setPanel((before) => ({ ...before, ...part }));
  const data = usePanelData(panel, props.context, true);
  useHotkeys([["mod+Enter", () => props.onDone(panel)]], []);
  const setQuery = (at: number, query: PanelQuery | null) =>
    change({
      queries: panel.queries.flatMap((one, place) =>
        place === at ? (query === null ? [] : [query]) : [one],
      ),
    });
  return (
    <section aria-label={t("editPanel")}>
      <header className={classes.head}>
        <Button leftSection={<ArrowLeft size={14} />} onClick={props.onCancel}>
          {t("cancel")}
        </Button>
        <h1>{t("editPanel")}</h1>
        <Button variant="filled" onClick={() => props.onDone(panel)}>
          {t("apply")}
        </Button>
      </header>
      <div className={classes.columns}>
        <div className={classes.main}>
          <section className={classes.preview} aria-label={t("preview")} style={{ height: PREVIEW_PX + 34 }}>
            <h2>{panel.title || t("untitledPanel")}</h2>
            {panel.kind !== "row" && (
              <div style={{ height: PREVIEW_PX }}>
                <PanelBody
                  panel={panel}
                  data={data}
                  height={PREVIEW_PX}
                  marks={props.marks}
                  syncKey="preview"
                  isTable={false}
                  onRange={props.onRange}
                />
              </div>
            )}
          </section>
          {isQueried(panel.kind) && (
            <section className={classes.queries} aria-label={t("queries")}>
              {panel.queries.map((query, at) => (
                <QueryForm
                  // biome-ignore lint/suspicious/noArrayIndexKey: queries have no names
                  key={at}
                  number={at + 1}
                  query={query}
                  variables={props.variables}
                  error={data.errors[at] ?? null}
                  onChange={(next) => setQuery(at, next)}
                  onRemove={panel.queries.length > 1 ? () => setQuery(at, null) : null}
                />
              ))}
              <Button
                leftSection={<Plus size={14} />}
                disabled={panel.queries.length >= 10}
                onClick={() => change({ queries: [...panel.queries, newQuery("promql")] })}
              >
                {t("addQuery")}
              </Button>
            </section>
          )}
        </div>
        <LookForm panel={panel} onChange={change} />
      </div>
    </section>
  );
}
