import type { Releases } from "../../../widgets/releases/useReleases";
import type { ScopeState } from "../../../widgets/scope/useScopeState";
import { ErrorsSection } from "./ErrorsSection";
import { HeatmapSection } from "./HeatmapSection";
import { HonestySection } from "./HonestySection";
import { MoversSection } from "./MoversSection";
import { ReleasesSection } from "./ReleasesSection";
import signals from "./signals.module.css";

/** What explains the indicators. A part of its own, so that these are there before it is loaded. */
export function LowerHalf(props: { scope: ScopeState; releases: Releases }) {
  const { scope, releases } = props;
  return (
    <>
      <HeatmapSection scope={scope} marks={releases.marks} />
      <div className={signals.halves}>
        <MoversSection scope={scope} />
        <ErrorsSection scope={scope} />
      </div>
      <ReleasesSection selection={scope.selection} began={releases.began} />
      <HonestySection scope={scope} />
    </>
  );
}
