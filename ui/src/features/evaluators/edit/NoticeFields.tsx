import { Fieldset, NumberInput, Select, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { receiversQuery } from "../../../api/alerting";
import type { Notice } from "../../../api/evaluators";
import { useProject } from "../../../api/useProject";
import classes from "./EditPage.module.css";
import { useEditStrings } from "./strings";

/** Who is told of single bad answers, and how often. */
export function NoticeFields(props: { notice: Notice | null; onChange: (notice: Notice | null) => void }) {
  const t = useEditStrings();
  const receivers = useQuery(receiversQuery(useProject()));
  const { notice, onChange } = props;
  const names = receivers.data?.items.map(({ name }) => name) ?? [];
  const [first] = names;
  const turn = (isOn: boolean) =>
    onChange(isOn && first !== undefined ? { threshold: 0.5, receiver: first, interval_s: 3600 } : null);
  return (
    <Fieldset legend={t("notice")} className={classes.fields}>
      <Switch
        label={t("notice")}
        description={t("noticeHint")}
        disabled={notice === null && first === undefined}
        checked={notice !== null}
        onChange={(event) => turn(event.currentTarget.checked)}
      />
      {receivers.data !== undefined && first === undefined && (
        <p className="muted">
          {t("noReceiver")} <Link to="/alerts/receivers">{t("configure")}</Link>
        </p>
      )}
      {notice !== null && (
        <>
          <NumberInput
            label={t("threshold")}
            min={0.01}
            max={1}
            step={0.05}
            decimalScale={3}
            value={notice.threshold}
            onChange={(threshold) => onChange({ ...notice, threshold: Number(threshold) })}
          />
          <Select
            label={t("receiver")}
            allowDeselect={false}
            value={notice.receiver}
            onChange={(receiver) => onChange({ ...notice, receiver: receiver ?? notice.receiver })}
            data={[...new Set([...names, notice.receiver])]}
          />
          <NumberInput
            label={t("interval")}
            suffix={` ${t("minutes")}`}
            min={1}
            max={10_080}
            value={notice.interval_s / 60}
            onChange={(minutes) => onChange({ ...notice, interval_s: Number(minutes) * 60 })}
          />
        </>
      )}
    </Fieldset>
  );
}
