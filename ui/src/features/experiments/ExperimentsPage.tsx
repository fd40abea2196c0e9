import { Button } from "@mantine/core";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Database } from "lucide-react";
import { SearchInput } from "../../widgets/cards/SearchInput";
import { DatasetFrame } from "../datasets/DatasetFrame";
import classes from "../datasets/DatasetFrame.module.css";
import { ExperimentList } from "./ExperimentList";
import { useExperimentStrings } from "./strings";

const route = getRouteApi("/experiments");

/** Every experiment of the project: /experiments. */
export function ExperimentsPage() {
  const t = useExperimentStrings();
  const navigate = useNavigate();
  const { text = "", page = 1 } = route.useSearch();
  return (
    <DatasetFrame
      title={t("title")}
      actions={
        <Button leftSection={<Database size={14} />} renderRoot={(root) => <Link {...root} to="/datasets" />}>
          {t("datasets")}
        </Button>
      }
    >
      <div className={classes.bar}>
        <SearchInput
          value={text}
          label={t("search")}
          onChange={(value) =>
            void navigate({ to: "/experiments", search: value === "" ? {} : { text: value }, replace: true })
          }
        />
      </div>
      <ExperimentList
        text={text}
        page={page}
        onPage={(next) =>
          void navigate({ to: "/experiments", search: { ...(text !== "" && { text }), page: next } })
        }
      />
    </DatasetFrame>
  );
}
