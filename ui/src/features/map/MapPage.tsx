import { Button, SegmentedControl, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Waypoints } from "lucide-react";
import { useEffect, useState } from "react";
import { ApiError } from "../../api/client";
import { type ServiceMap, serviceMapQuery } from "../../api/map";
import { formatCount, formatPercent } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { usePreference } from "../../base/preferences";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import { ScopeBar } from "../../widgets/scope/ScopeBar";
import { type ScopeState, useScopeState } from "../../widgets/scope/useScopeState";
import classes from "./Map.module.css";
import { MapDrawing } from "./MapDrawing";
import { MapSelection } from "./MapSelection";
import { MapTable } from "./MapTable";
import { useMapStrings } from "./strings";

/** An id of a node, or `source → target` of an edge. */
export type Picked = { kind: "node"; id: string } | { kind: "edge"; source: string; target: string };

/** Which services call which, and what they use: /map. */
export function MapPage() {
  const t = useMapStrings();
  const state = useScopeState();
  const answer = useQuery(serviceMapQuery(state.selection));
  const [look, setLook] = usePreference("map.look", "map");
  useEffect(() => {
    document.title = `${t("title")} · Spanglass`;
  }, [t]);
  const problem =
    answer.error instanceof ApiError && answer.error.problem.column !== null ? answer.error.problem : null;
  return (
    <main className={classes.page}>
      <h1 className="sr-only">{t("title")}</h1>
      <div className={classes.scope}>
        <ScopeBar scope={state} error={answer.error} updatedAt={answer.dataUpdatedAt} withCompare={false}>
          <SegmentedControl
            size="xs"
            aria-label={t("look")}
            value={look}
            onChange={setLook}
            data={[
              { value: "map", label: t("map") },
              { value: "table", label: t("table") },
            ]}
          />
        </ScopeBar>
      </div>
      {problem === null && answer.error && (
        <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />
      )}
      {answer.isPending && (
        <div role="status" aria-label={t("loading")}>
          <Skeleton height={240} m={12} />
        </div>
      )}
      {answer.data && !answer.error && <Loaded map={answer.data} state={state} look={look} />}
    </main>
  );
}

function Loaded(props: { map: ServiceMap; state: ScopeState; look: string }) {
  const t = useMapStrings();
  const language = useLanguage();
  const { map, state } = props;
  const [picked, setPicked] = useState<Picked | null>(null);
  if (map.nodes.length === 0)
    return (
      <EmptyState
        icon={<Waypoints size={28} />}
        title={t("nothing")}
        actions={
          <>
            {state.selection.filter !== "" && (
              <Button onClick={() => state.change({ filter: null })}>{t("drop")}</Button>
            )}
            <Button onClick={() => state.change({ from: "now-7d", to: "now" })}>{t("look7d")}</Button>
          </>
        }
      >
        {t("nothingHint")}
      </EmptyState>
    );
  return (
    <>
      {(map.sampled_share < 1 || map.is_cut) && (
        <p className={classes.note} role="status">
          {map.sampled_share < 1 &&
            t("sampled", {
              share: formatPercent(map.sampled_share),
              count: formatCount(map.span_count, language),
            })}{" "}
          {map.is_cut && t("cut")}
        </p>
      )}
      <div className={classes.main}>
        {props.look === "table" ? (
          <MapTable map={map} selection={state.selection} />
        ) : (
          <MapDrawing map={map} picked={picked} onPick={setPicked} />
        )}
        {props.look !== "table" && (
          <MapSelection map={map} picked={picked} selection={state.selection} onPick={setPicked} />
        )}
      </div>
    </>
  );
}
