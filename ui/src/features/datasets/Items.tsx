import { Button, SegmentedControl, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Database } from "lucide-react";
import { useState } from "react";
import { DATASET_ITEMS_PAGE, type Dataset, type DatasetItem, datasetItemsQuery } from "../../api/datasets";
import { useProject } from "../../api/useProject";
import { formatDateTime } from "../../base/time";
import { SearchInput } from "../../widgets/cards/SearchInput";
import { Stale } from "../../widgets/cards/Stale";
import { EmptyState } from "../../widgets/EmptyState";
import { ErrorState } from "../../widgets/ErrorState";
import classes from "./DatasetFrame.module.css";
import { ItemDrawer } from "./ItemDrawer";
import { Pages } from "./Pages";
import type { DatasetSearch } from "./search";
import { useDatasetStrings } from "./strings";
import { toLine } from "./text";

/** The items of a dataset, as they are or as of a version. */
export function Items(props: {
  dataset: Dataset;
  search: DatasetSearch;
  onSearch: (search: DatasetSearch) => void;
}) {
  const t = useDatasetStrings();
  const project = useProject();
  const { dataset, search } = props;
  const { text, status, version, page = 1 } = search;
  const items = useQuery(
    datasetItemsQuery(project, dataset.name, {
      text,
      status,
      version,
      offset: (page - 1) * DATASET_ITEMS_PAGE,
    }),
  );
  const [opened, setOpened] = useState<DatasetItem | null>(null);
  const change = (part: DatasetSearch) => {
    const { page: _, ...kept } = search;
    props.onSearch(withoutEmpty({ ...kept, ...part }));
  };
  if (items.data === undefined) {
    if (items.error) return <ErrorState error={items.error} onRetry={() => void items.refetch()} />;
    return <Skeleton height={120} radius="sm" />;
  }
  const isFirst = items.data.total === 0 && !text && !status && !version;
  if (isFirst)
    return (
      <EmptyState icon={<Database size={28} />} title={t("noItems")}>
        {t("noItemsHint")}
      </EmptyState>
    );
  return (
    <div className={classes.fields}>
      <Stale error={items.error} />
      <div className={classes.bar}>
        <SearchInput
          value={text ?? ""}
          label={t("searchItems")}
          onChange={(value) => change({ text: value })}
        />
        <SegmentedControl
          size="xs"
          aria-label={t("status")}
          value={status ?? "active"}
          onChange={(value) => {
            const { status: _, page: __, ...kept } = search;
            props.onSearch(value === "active" ? kept : { ...kept, status: value as "archived" | "all" });
          }}
          data={(["active", "archived", "all"] as const).map((value) => ({ value, label: t(value) }))}
        />
        {version !== undefined && (
          <>
            <b>{t("asOf", { version })}</b>
            <Button
              onClick={() => {
                const { version: _, page: __, ...kept } = search;
                props.onSearch(kept);
              }}
            >
              {t("now")}
            </Button>
          </>
        )}
        <span className={classes.gap} />
        <span className="muted">{t("itemCount", { count: String(items.data.total) })}</span>
      </div>
      {items.data.items.length === 0 ? (
        <p className="muted">{t("nothingFound")}</p>
      ) : (
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th>{t("input")}</th>
                <th>{t("expected")}</th>
                <th>{t("source")}</th>
                <th>{t("changed")}</th>
              </tr>
            </thead>
            <tbody>
              {items.data.items.map((item) => (
                <tr key={item.id} style={item.status === "archived" ? { opacity: 0.65 } : undefined}>
                  <td>
                    <button
                      type="button"
                      className={classes.plain}
                      title={t("edit")}
                      onClick={() => setOpened(item)}
                    >
                      <span className={classes.text}>{toLine(item.input) || "–"}</span>
                    </button>
                  </td>
                  <td>
                    <span className={classes.text}>{toLine(item.expected_output) || "–"}</span>
                  </td>
                  <td>
                    {item.source_trace_id !== null && (
                      <Link
                        to="/traces/$traceId"
                        params={{ traceId: item.source_trace_id }}
                        search={item.source_span_id === null ? {} : { span: item.source_span_id }}
                        className="mono"
                        title={t("trace")}
                      >
                        {item.source_trace_id.slice(0, 8)}
                      </Link>
                    )}
                  </td>
                  <td style={{ whiteSpace: "nowrap" }}>{formatDateTime(item.updated_at).slice(0, 16)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pages
        page={page}
        size={DATASET_ITEMS_PAGE}
        total={items.data.total}
        onPage={(next) => props.onSearch(withoutEmpty({ ...search, page: next }))}
      />
      {opened !== null && (
        <ItemDrawer
          key={opened.id}
          dataset={dataset}
          item={opened}
          isReadOnly={version !== undefined}
          onClose={() => setOpened(null)}
        />
      )}
    </div>
  );
}

/** As the address has it. */
function withoutEmpty(search: DatasetSearch): DatasetSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== "")) as DatasetSearch;
}
