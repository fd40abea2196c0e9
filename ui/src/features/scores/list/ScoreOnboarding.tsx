import { Link } from "@tanstack/react-router";
import type { ProjectName } from "../../../api/queries";
import { Onboarding } from "../../../widgets/list/Onboarding";
import { useScoresStrings } from "../strings";

/** Nothing was ever scored: how it begins. */
export function ScoreOnboarding(props: { project: ProjectName; onRetry: () => void }) {
  const t = useScoresStrings();
  const origin = window.location.origin;
  const ways = [
    { id: "python", title: t("python"), hint: t("pythonHint"), code: PYTHON },
    { id: "http", title: t("curl"), hint: t("curlHint"), code: curl(origin) },
    { id: "browser", title: t("browser"), hint: t("browserHint"), code: browser(origin) },
  ];
  return (
    <>
      <Onboarding {...props} title={t("teach")} hint={t("teachHint")} ways={ways} />
      <p style={{ textAlign: "center" }}>
        {t("byEvaluatorHint")} <Link to="/evaluators">{t("openEvaluators")}</Link>
      </p>
    </>
  );
}

const PYTHON = [
  "import spanglass",
  "",
  'spanglass.score("helpful", True, comment="thumbs up")        # of the current trace',
  'spanglass.score("quality", 0.8, trace_id=trace_id)           # of any trace',
].join("\n");

function curl(origin: string): string {
  return [
    `curl ${origin}/api/v1/scores -H 'Content-Type: application/json' \\`,
    `  -d '{"trace_id": "TRACE_ID", "name": "helpful", "value": true}'`,
  ].join("\n");
}

function browser(origin: string): string {
  return [
    `fetch("${origin}/api/v1/scores", {`,
    '  method: "POST", keepalive: true,',
    '  headers: { "Content-Type": "application/json", Authorization: "Bearer PUBLIC_KEY" },',
    '  body: JSON.stringify({ trace_id: traceId, name: "helpful", value: true }),',
    "});",
  ].join("\n");
}
