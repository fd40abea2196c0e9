import { Select } from "@mantine/core";
import { cssOf } from "../../../model/dashboards/units";
import { useDashboardStrings } from "../strings";

/** One of the colours that mean something; a colour that was imported stays on offer. */
export function ColorSelect(props: { value: string; onChange: (color: string) => void }) {
  const t = useDashboardStrings();
  const known = [
    { value: "good", label: t("colorGood") },
    { value: "warn", label: t("colorWarn") },
    { value: "bad", label: t("colorBad") },
    { value: "neutral", label: t("colorNeutral") },
  ];
  const isOwn = !known.some((one) => one.value === props.value);
  return (
    <Select
      aria-label={t("color")}
      allowDeselect={false}
      data={isOwn ? [...known, { value: props.value, label: props.value }] : known}
      value={props.value}
      leftSection={
        <i style={{ width: 10, height: 10, borderRadius: 2, background: cssOf(props.value) }} aria-hidden />
      }
      onChange={(color) => color !== null && props.onChange(color)}
    />
  );
}
