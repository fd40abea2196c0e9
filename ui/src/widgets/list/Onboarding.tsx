import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { type ProjectName, statusQuery } from "../../api/queries";
import { CodeBlock } from "../CodeBlock";
import classes from "./Onboarding.module.css";
import { useListWords } from "./strings";

const POLL_MS = 3_000;

/** A way by which items get here; the first one is shown at first. */
export type Way = { id: string; title: string; hint: string; code: string };

/** The first screen of a project without items: how they get here. Looks again by itself. */
export function Onboarding(props: {
  project: ProjectName;
  title: string;
  hint: string;
  ways: readonly Way[];
  onRetry: () => void;
}) {
  const words = useListWords();
  const { ways, onRetry } = props;
  const status = useQuery(statusQuery(props.project));

  useEffect(() => {
    const timer = setInterval(onRetry, POLL_MS);
    return () => clearInterval(timer);
  }, [onRetry]);

  return (
    <div className={classes.root}>
      <h2 className={classes.title}>{props.title}</h2>
      <p className="muted">{props.hint}</p>
      <Tabs defaultValue={ways[0]?.id} keepMounted={false}>
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
          <p>{words("welcomeKey")}</p>
          <CodeBlock code="spanglass keys create --project default" />
        </>
      )}
    </div>
  );
}
