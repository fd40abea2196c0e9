import { Button, Skeleton, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import {
  type Dataset,
  type DatasetVersion,
  datasetVersionsQuery,
  forgetVersion,
  saveVersion,
} from "../../api/datasets";
import { useProject } from "../../api/useProject";
import { formatDateTime } from "../../base/time";
import { ConfirmButton } from "../../widgets/cards/ConfirmButton";
import cards from "../../widgets/cards/cards.module.css";
import { Problem } from "../../widgets/cards/Problem";
import { ErrorState } from "../../widgets/ErrorState";
import classes from "./DatasetFrame.module.css";
import { useDatasetStrings } from "./strings";

/** Saved moments of a dataset, and what is not saved yet. */
export function Versions(props: { dataset: Dataset; onShow: (version: string) => void }) {
  const t = useDatasetStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { name } = props.dataset;
  const versions = useQuery(datasetVersionsQuery(project, name));
  const [title, setTitle] = useState("");
  const renew = () => queryClient.invalidateQueries({ queryKey: ["datasets"] });
  const saving = useMutation({
    mutationFn: () => saveVersion(project, name, { name: title.trim(), description: "" }),
    onSuccess: async () => {
      setTitle("");
      await renew();
    },
  });
  const removal = useMutation({
    mutationFn: (number: number) => forgetVersion(project, name, number),
    onSuccess: renew,
  });
  if (versions.data === undefined) {
    if (versions.error) return <ErrorState error={versions.error} onRetry={() => void versions.refetch()} />;
    return <Skeleton height={120} radius="sm" />;
  }
  const save = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  const { items, current } = versions.data;
  const isChanged = current.added + current.changed + current.removed > 0;
  const counts = (version: DatasetVersion) =>
    t("counts", {
      items: String(version.items),
      added: String(version.added),
      changed: String(version.changed),
      removed: String(version.removed),
    });
  return (
    <div className={classes.fields}>
      <p style={{ margin: 0 }}>{t("saveVersionHint")}</p>
      <form onSubmit={save} className={classes.bar}>
        <TextInput
          size="xs"
          aria-label={t("versionName")}
          placeholder={t("versionName")}
          maxLength={255}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Button type="submit" variant="filled" loading={saving.isPending}>
          {t("saveVersion")}
        </Button>
        <span className="muted">
          {items.length === 0
            ? t("noVersions")
            : isChanged
              ? `${t("unsaved")}: ${counts(current)}`
              : t("unsavedNone")}
        </span>
      </form>
      <Problem error={saving.error} />
      {items.map((version) => (
        <article key={version.number} className={cards.card}>
          <header className={cards.head}>
            <h2 className={cards.name}>
              {t("versionOf", { version: String(version.number) })}
              {version.name && ` · ${version.name}`}
            </h2>
            <span className="muted">{version.at && formatDateTime(version.at)}</span>
            <span className={cards.gap} />
            <Button onClick={() => props.onShow(String(version.number))}>{t("show")}</Button>
            <ConfirmButton
              permission="admin"
              label={t("forget")}
              question={t("forgetQuestion")}
              explained={t("forgetExplained")}
              isPending={removal.isPending}
              error={removal.error}
              onConfirm={(close) => removal.mutate(version.number ?? 0, { onSuccess: close })}
            />
          </header>
          {version.description && <p className={cards.text}>{version.description}</p>}
          <p className={cards.facts}>{counts(version)}</p>
        </article>
      ))}
    </div>
  );
}
