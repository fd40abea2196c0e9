import type { ProjectName } from "../../api/queries";
import { Onboarding } from "../../widgets/list/Onboarding";
import { useListStrings } from "./strings";

/** The first screen of a new server: how traces get here. */
export function TraceOnboarding(props: { project: ProjectName; onRetry: () => void }) {
  const t = useListStrings();
  const endpoint = window.location.origin;
  const ways = [
    { id: "otel", title: t("welcomeOtel"), hint: t("welcomeOtelHint"), code: otel(endpoint) },
    { id: "python", title: t("welcomePython"), hint: t("welcomePythonHint"), code: python(endpoint) },
    { id: "langfuse", title: t("welcomeLangfuse"), hint: t("welcomeLangfuseHint"), code: langfuse(endpoint) },
  ];
  return <Onboarding {...props} title={t("welcome")} hint={t("welcomeHint")} ways={ways} />;
}

function otel(endpoint: string): string {
  return `export OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`;
}

function python(endpoint: string): string {
  return [
    "import spanglass",
    "",
    `spanglass.init(service="my-app", endpoint="${endpoint}")`,
    "",
    "@spanglass.observe()",
    "def answer(question: str) -> str:",
    "    ...",
  ].join("\n");
}

function langfuse(endpoint: string): string {
  return [
    `export LANGFUSE_HOST=${endpoint}`,
    "export LANGFUSE_PUBLIC_KEY=pk-lf-anything",
    "export LANGFUSE_SECRET_KEY=sk-lf-anything",
  ].join("\n");
}
