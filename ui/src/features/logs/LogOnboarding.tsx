import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { statusQuery } from "../../api/queries";
import { CodeBlock } from "../../widgets/CodeBlock";
import classes from "./LogsPage.module.css";
import { useLogsStrings } from "./strings";
import type { LogsState } from "./useLogsState";

const POLL_MS = 3_000;

/** The first screen of a project without logs: how they get here. */
export function LogOnboarding(props: { state: LogsState; onRetry: () => void }) {
  const t = useLogsStrings();
  const { state, onRetry } = props;
  const status = useQuery(statusQuery(state.selection.project));
  const endpoint = window.location.origin;

  useEffect(() => {
    const timer = setInterval(onRetry, POLL_MS);
    return () => clearInterval(timer);
  }, [onRetry]);

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
  return (
    <div className={classes.welcome}>
      <h2>{t("welcome")}</h2>
      <p className="muted">{t("welcomeHint")}</p>
      <Tabs defaultValue="python" keepMounted={false}>
        <Tabs.List>
          {ways.map(({ id, title }) => (
            <Tabs.Tab key={id} value={id}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {ways.map(({ id, hint, code }) => (
          <Tabs.Panel key={id} value={id}>
            <p>{hint}</p>
            <CodeBlock code={code} />
          </Tabs.Panel>
        ))}
      </Tabs>
      {status.data?.auth === "required" && (
        <>
          <p>{t("welcomeKey")}</p>
          <CodeBlock code="spanglass keys create --project default" />
        </>
      )}
    </div>
  );
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
