import { ActionIcon, Tooltip } from "@mantine/core";
import { ChevronLeft, ChevronRight } from "lucide-react";
import classes from "./DatasetFrame.module.css";
import { useDatasetStrings } from "./strings";

/** Steps through numbered pages; nothing where there is one. */
export function Pages(props: { page: number; size: number; total: number; onPage: (page: number) => void }) {
  const t = useDatasetStrings();
  const { page } = props;
  const pages = Math.max(1, Math.ceil(props.total / props.size));
  if (pages === 1 && page === 1) return null;
  return (
    <nav className={classes.bar} aria-label={t("pageOf", { page: String(page), pages: String(pages) })}>
      <span className={classes.gap} />
      <Tooltip label={t("previous")}>
        <ActionIcon aria-label={t("previous")} disabled={page <= 1} onClick={() => props.onPage(page - 1)}>
          <ChevronLeft size={16} />
        </ActionIcon>
      </Tooltip>
      <span className="muted">{t("pageOf", { page: String(page), pages: String(pages) })}</span>
      <Tooltip label={t("next")}>
        <ActionIcon aria-label={t("next")} disabled={page >= pages} onClick={() => props.onPage(page + 1)}>
          <ChevronRight size={16} />
        </ActionIcon>
      </Tooltip>
    </nav>
  );
}
