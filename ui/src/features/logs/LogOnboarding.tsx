import type { ProjectName } from "../../api/queries";
import { Onboarding } from "../../widgets/list/Onboarding";
import { useLogsStrings } from "./strings";

/** The first screen of a project without logs: how they get here. */
export function LogOnboarding(props: { project: ProjectName; onRetry: () => void }) {
  const t = useLogsStrings();
  const endpoint = window.location.origin;
  const ways = [
    { id: "python", title: t("welcomePython"), hint: t("welcomePythonHint"), code: python(endpoint) },
    { id: "otel", title: t("welcomeOtel"), hint: t("welcomeOtelHint"), code: otel(endpoint) },
    {
      id: "collector",
      title: t("welcomeCollector"),
      hint: t("welcomeCollectorHint"),
      code: collector(endpoint),
    },
    { id: "curl", title: t("welcomeCurl"), hint: t("welcomeCurlHint"), code: curl(endpoint) },
  ];
  return <Onboarding {...props} title={t("welcome")} hint={t("welcomeHint")} ways={ways} />;
}

function python(endpoint: string): string {
  return [
    "import logging",
    "",
    "import spanglass",
    "",
    `spanglass.init(service="my-app", endpoint="${endpoint}", logs=True)`,
    "",
    "@spanglass.observe()",
    "def answer(question: str) -> str:",
    '    logging.getLogger(__name__).warning("no document found")',
    "    ...",
  ].join("\n");
}

function otel(endpoint: string): string {
  return [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}`,
    "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
    "export OTEL_LOGS_EXPORTER=otlp",
    "export OTEL_SERVICE_NAME=my-app",
  ].join("\n");
}

function collector(endpoint: string): string {
  return [
    "receivers:",
    "  filelog:",
    "    include: [/var/log/my-app/*.jsonl]",
    "exporters:",
    "  otlphttp:",
    `    endpoint: ${endpoint}`,
    "service:",
    "  pipelines:",
    "    logs: {receivers: [filelog], exporters: [otlphttp]}",
  ].join("\n");
}

function curl(endpoint: string): string {
  const record = `{"timeUnixNano":"'$(date +%s%N)'","severityText":"WARN","body":{"stringValue":"hello"}}`;
  const body = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`;
  return `curl ${endpoint}/v1/logs -H 'Content-Type: application/json' -d '${body}'`;
}
