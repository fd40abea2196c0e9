import { Button, Menu, SegmentedControl } from "@mantine/core";
import { Download } from "lucide-react";
import { useState } from "react";
import type { ProjectName } from "../../api/queries";
import { readSqlFile, type SqlFile, type SqlResult, type SqlStatement } from "../../api/sql";
import { formatCompact, formatDuration } from "../../base/format";
import classes from "./SqlPage.module.css";
import { CHARTS, type ChartKind } from "./search";
import { useSqlStrings } from "./strings";

type BarProps = {
  project: ProjectName;
  statement: SqlStatement;
  result: SqlResult;
  view: ChartKind | null;
  onView: (view: ChartKind | null) => void;
  onError: (error: Error) => void;
};

const FILES: readonly SqlFile[] = ["csv", "parquet", "jsonl"];

/** What came back, how it is shown, and all of it as a file. */
export function ResultBar(props: BarProps) {
  const t = useSqlStrings();
  const [isLoading, setLoading] = useState(false);
  const { result } = props;
  const save = async (format: SqlFile) => {
    setLoading(true);
    try {
      saveAs(await readSqlFile(props.project, { ...props.statement, limit: 1 }, format), `query.${format}`);
    } catch (error) {
      props.onError(error instanceof Error ? error : new Error(String(error)));
    } finally {
      setLoading(false);
    }
  };
  return (
    <div className={classes.facts}>
      <SegmentedControl
        size="xs"
        aria-label={t("view")}
        value={props.view ?? "table"}
        onChange={(view) => props.onView(CHARTS.find((one) => one === view) ?? null)}
        data={[{ value: "table", label: t("table") }, ...CHARTS.map((value) => ({ value, label: t(value) }))]}
      />
      <span role="status">
        <b>{t("rows", { count: result.row_count })}</b>{" "}
        {t("took", { time: formatDuration(result.elapsed_ms) })},{" "}
        <span className="muted">{t("read", { count: formatCompact(result.read_rows) })}</span>
      </span>
      {result.is_cut && <span className={classes.cut}>{t("cut", { count: result.row_count })}</span>}
      <span className={classes.gap} />
      <Menu position="bottom-end">
        <Menu.Target>
          <Button leftSection={<Download size={14} />} loading={isLoading}>
            {t("download")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {FILES.map((format) => (
            <Menu.Item key={format} onClick={() => void save(format)}>
              {t(format)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

function saveAs(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
