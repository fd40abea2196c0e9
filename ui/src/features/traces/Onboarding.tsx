import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { statusQuery } from "../../api/queries";
import { CodeBlock } from "../../widgets/CodeBlock";
import classes from "./Onboarding.module.css";
import { useListStrings } from "./strings";
import type { ListState } from "./useListState";

const POLL_MS = 3_000;

/** The first screen of a new server: how traces get here. */
export function Onboarding(props: { state: ListState; onRetry: () => void }) {
  const t = useListStrings();
  const { state, onRetry } = props;
  const status = useQuery(statusQuery(state.selection.project));
  const endpoint = window.location.origin;

  useEffect(() => {
    const timer = setInterval(onRetry, POLL_MS);
    return () => clearInterval(timer);
  }, [onRetry]);

  return (
    <div className={classes.root}>
      <h2 className={classes.title}>{t("welcome")}</h2>
      <p className="muted">{t("welcomeHint")}</p>
      <Tabs defaultValue="otel" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="otel">{t("welcomeOtel")}</Tabs.Tab>
          <Tabs.Tab value="python">{t("welcomePython")}</Tabs.Tab>
          <Tabs.Tab value="langfuse">{t("welcomeLangfuse")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="otel">
          <p>{t("welcomeOtelHint")}</p>
          <CodeBlock code={otel(endpoint)} />
        </Tabs.Panel>
        <Tabs.Panel value="python">
          <p>{t("welcomePythonHint")}</p>
          <CodeBlock code={python(endpoint)} />
        </Tabs.Panel>
        <Tabs.Panel value="langfuse">
          <p>{t("welcomeLangfuseHint")}</p>
          <CodeBlock code={langfuse(endpoint)} />
        </Tabs.Panel>
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
