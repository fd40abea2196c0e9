import { Button, Popover, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useState } from "react";
import { metricsQuery } from "../../api/prometheus";
import type { ProjectName } from "../../api/queries";
import { ErrorState } from "../../widgets/ErrorState";
import classes from "./menus.module.css";
import { useExploreStrings } from "./strings";

/** Every metric with what it means; choosing one writes it into the expression. */
export function MetricsMenu(props: { project: ProjectName; onChoose: (metric: string) => void }) {
  const t = useExploreStrings();
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" width={460} trapFocus>
      <Popover.Target>
        <Button leftSection={<Search size={14} />} onClick={() => setOpen(!isOpen)}>
          {t("metrics")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={8}>
        <MetricList
          project={props.project}
          onChoose={(metric) => {
            setOpen(false);
            props.onChoose(metric);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function MetricList(props: { project: ProjectName; onChoose: (metric: string) => void }) {
  const t = useExploreStrings();
  const metrics = useQuery(metricsQuery(props.project));
  const [text, setText] = useState("");
  if (metrics.error) return <ErrorState error={metrics.error} onRetry={() => void metrics.refetch()} />;
  const wanted = text.trim().toLowerCase();
  const found = (metrics.data ?? []).filter((metric) =>
    `${metric.name} ${metric.help}`.toLowerCase().includes(wanted),
  );
  return (
    <>
      <TextInput
        data-autofocus
        placeholder={t("findMetric")}
        aria-label={t("findMetric")}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <ul className={classes.metrics}>
        {found.map((metric) => (
          <li key={metric.name}>
            <button type="button" className={classes.metric} onClick={() => props.onChoose(metric.name)}>
              <span>
                <code>{metric.name}</code> <span className="muted">{metric.type}</span>
              </span>
              <span className="muted">{metric.help}</span>
            </button>
          </li>
        ))}
        {metrics.isSuccess && found.length === 0 && <li className="muted">{t("noMetric")}</li>}
      </ul>
    </>
  );
}
