import { Button, NumberInput, Switch } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { setRetention } from "../../../api/team";
import type { Project } from "../../../api/types";
import { Problem } from "../../../widgets/cards/Problem";
import { NeedsRole } from "../../../widgets/NeedsRole";
import { Section } from "../Section";
import classes from "../settings.module.css";
import { useProjectStrings } from "./strings";

const DAYS_MAX = 36_500;

export function RetentionForm(props: { project: Project }) {
  const t = useProjectStrings();
  const queryClient = useQueryClient();
  const { project } = props;
  const [isForever, setForever] = useState(project.retention_days === null);
  const [days, setDays] = useState<number | string>(project.retention_days ?? 30);
  const wanted = isForever ? null : Number(days);
  const saving = useMutation({
    mutationFn: () => setRetention(project.name, wanted),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["projects"] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <Section title={t("retention")} hint={t("retentionHint")}>
      <form className={classes.line} onSubmit={submit} style={{ alignItems: "center" }}>
        <Switch
          label={t("forever")}
          checked={isForever}
          onChange={(event) => setForever(event.currentTarget.checked)}
        />
        {!isForever && (
          <NumberInput
            aria-label={t("days")}
            suffix={` ${t("days")}`}
            w={140}
            min={1}
            max={DAYS_MAX}
            allowDecimal={false}
            value={days}
            onChange={setDays}
          />
        )}
        <NeedsRole permission="admin">
          <Button
            type="submit"
            disabled={wanted === project.retention_days || wanted === 0}
            loading={saving.isPending}
          >
            {t("save")}
          </Button>
        </NeedsRole>
      </form>
      <Problem error={saving.error} />
    </Section>
  );
}
