import { ActionIcon, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Star } from "lucide-react";
import { useState } from "react";
import { type DashboardSummary, markDashboard } from "../../../api/dashboards";
import { useProject } from "../../../api/useProject";
import { useDashboardStrings } from "../strings";

/** The reader's own mark on a dashboard. */
export function StarButton(props: { dashboard: DashboardSummary }) {
  const t = useDashboardStrings();
  const project = useProject();
  const client = useQueryClient();
  const [isStarred, setStarred] = useState(props.dashboard.is_starred);
  const mark = useMutation({
    mutationFn: (isSet: boolean) => markDashboard(project, props.dashboard.id, "star", isSet),
    onMutate: (isSet) => setStarred(isSet),
    onError: (_error, isSet) => setStarred(!isSet),
    onSettled: () => client.invalidateQueries({ queryKey: ["dashboards", project] }),
  });
  const label = isStarred ? t("unstar") : t("star");
  return (
    <Tooltip label={label}>
      <ActionIcon
        size="sm"
        aria-label={label}
        aria-pressed={isStarred}
        onClick={() => mark.mutate(!isStarred)}
      >
        <Star size={14} fill={isStarred ? "currentColor" : "none"} />
      </ActionIcon>
    </Tooltip>
  );
}
