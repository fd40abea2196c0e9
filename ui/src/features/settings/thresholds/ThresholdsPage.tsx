import { Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "../../../api/me";
import { putThresholds, type Threshold, type ThresholdName, thresholdsQuery } from "../../../api/overview";
import { useProject } from "../../../api/useProject";
import classes from "../../../widgets/cards/cards.module.css";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import { ErrorState } from "../../../widgets/ErrorState";
import { useThresholdStrings } from "./strings";
import { ThresholdRow } from "./ThresholdRow";
import { shown, stored } from "./units";

type Written = Partial<Record<ThresholdName, number | string>>;

/** From where on indicators are bad and the default rules fire: /settings/thresholds. */
export function ThresholdsPage() {
  const t = useThresholdStrings();
  const words = useCardStrings();
  const project = useProject();
  const mayEdit = useMay("edit");
  const queryClient = useQueryClient();
  const { data, error, refetch } = useQuery(thresholdsQuery(project));
  const [written, setWritten] = useState<Written>({});
  const save = useMutation({
    mutationFn: (thresholds: Partial<Record<ThresholdName, number>>) => putThresholds(project, thresholds),
    onSuccess: (answer) => {
      queryClient.setQueryData(thresholdsQuery(project).queryKey, answer);
      // Rules have other expressions now, and the rows' looks back are of those.
      void queryClient.invalidateQueries({
        predicate: ({ queryKey }) => !["thresholds", "me", "projects"].includes(String(queryKey[0])),
      });
      setWritten({});
    },
  });
  if (data === undefined)
    return error ? (
      <ErrorState error={error} onRetry={() => void refetch()} />
    ) : (
      <Skeleton height={320} m={12} radius="sm" />
    );
  const rows = data.items.map((threshold) => rowOf(threshold, written[threshold.name]));
  const canSave = mayEdit && rows.some((row) => row.isChanged) && rows.every((row) => row.isValid);
  const submit = () => save.mutate(Object.fromEntries(rows.map((row) => [row.threshold.name, row.number])));
  return (
    <form
      className={classes.page}
      onSubmit={(event) => {
        event.preventDefault();
        if (canSave) submit();
      }}
    >
      <p className="muted">{t("hint")}</p>
      {!mayEdit && <p className={classes.stale}>{t("mayNot")}</p>}
      <div>
        {rows.map((row) => (
          <ThresholdRow
            key={row.threshold.name}
            threshold={row.threshold}
            value={row.value}
            isChanged={row.isChanged}
            isValid={row.isValid}
            mayEdit={mayEdit}
            onChange={(value) => setWritten({ ...written, [row.threshold.name]: value })}
          />
        ))}
      </div>
      <Problem error={save.error} />
      <div className={classes.bar}>
        <Button type="submit" variant="filled" disabled={!canSave} loading={save.isPending}>
          {words("save")}
        </Button>
        {mayEdit && data.items.some((threshold) => !threshold.is_default) && (
          <Button onClick={() => setWritten(defaultsOf(data.items))}>{t("reset")}</Button>
        )}
        {save.isSuccess && Object.keys(written).length === 0 && <span role="status">{t("saved")}</span>}
      </div>
    </form>
  );
}

function defaultsOf(thresholds: readonly Threshold[]): Written {
  return Object.fromEntries(thresholds.map(({ name, default: usual }) => [name, shown(name, usual)]));
}

function rowOf(threshold: Threshold, written: number | string | undefined) {
  const value = written ?? shown(threshold.name, threshold.value);
  const number = typeof value === "number" ? stored(threshold.name, value) : Number.NaN;
  return {
    threshold,
    value,
    number,
    isValid: number >= threshold.low && number <= threshold.high,
    isChanged: number !== threshold.value,
  };
}
