import { ActionIcon, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pin, PinOff } from "lucide-react";
import { type DashboardSummary, markDashboard } from "../../../api/dashboards";
import { useMay } from "../../../api/me";
import { useProject } from "../../../api/useProject";
import { useLanguage } from "../../../base/i18n";
import { formatAgo } from "../../../base/time";
import cards from "../../../widgets/cards/cards.module.css";
import { useDashboardStrings } from "../strings";
import { StarButton } from "./StarButton";

export function DashboardCard(props: { dashboard: DashboardSummary }) {
  const t = useDashboardStrings();
  const language = useLanguage();
  const { dashboard } = props;
  const when = dashboard.updated_at && formatAgo(dashboard.updated_at, Date.now(), language);
  return (
    <article className={cards.card}>
      <div className={cards.head}>
        <h3 className={cards.name}>
          <Link to="/dashboards/$dashboardId" params={{ dashboardId: dashboard.id }}>
            {dashboard.title}
          </Link>
        </h3>
        {dashboard.is_default && <span className={cards.badge}>{t("isDefault")}</span>}
        <span className={cards.end}>
          <DefaultButton dashboard={dashboard} />
          <StarButton key={String(dashboard.is_starred)} dashboard={dashboard} />
        </span>
      </div>
      {dashboard.description !== "" && <p className={cards.text}>{dashboard.description}</p>}
      <p className={cards.facts}>
        <span className="muted">{t("panels", { count: dashboard.panel_count })}</span>
        {when && <span className="muted">{t("changedBy", { when, who: dashboard.updated_by ?? "" })}</span>}
        {dashboard.tags.map((tag) => (
          <span key={tag} className={cards.badge}>
            {tag}
          </span>
        ))}
      </p>
    </article>
  );
}

function DefaultButton(props: { dashboard: DashboardSummary }) {
  const t = useDashboardStrings();
  const project = useProject();
  const client = useQueryClient();
  const { id, is_default } = props.dashboard;
  const mark = useMutation({
    mutationFn: () => markDashboard(project, id, "default", !is_default),
    onSettled: () => client.invalidateQueries({ queryKey: ["dashboards", project] }),
  });
  if (!useMay("edit")) return null;
  const label = is_default ? t("dropDefault") : t("makeDefault");
  return (
    <Tooltip label={label}>
      <ActionIcon size="sm" aria-label={label} loading={mark.isPending} onClick={() => mark.mutate()}>
        {is_default ? <PinOff size={14} /> : <Pin size={14} />}
      </ActionIcon>
    </Tooltip>
  );
}
