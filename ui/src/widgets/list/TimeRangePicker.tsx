import { ActionIcon, Button, Popover, TextInput, Tooltip } from "@mantine/core";
import { CalendarClock, ChevronLeft, ChevronRight, ZoomOut } from "lucide-react";
import { type FormEvent, useState } from "react";
import {
  formatDateTime,
  isRelative,
  resolveRange,
  resolveTime,
  type TimeRange,
  toRfc3339,
} from "../../base/time";
import { type ListWords, useListWords } from "./strings";
import classes from "./TimeRangePicker.module.css";

const PRESETS = [
  ["now-5m", "m5"],
  ["now-15m", "m15"],
  ["now-1h", "h1"],
  ["now-6h", "h6"],
  ["now-24h", "h24"],
  ["now-3d", "d3"],
  ["now-7d", "d7"],
  ["now-30d", "d30"],
] as const;

type PickerProps = { range: TimeRange; onChange: (range: TimeRange) => void };

export function TimeRangePicker(props: PickerProps) {
  const t = useListWords();
  const [isOpen, setOpen] = useState(false);
  const choose = (range: TimeRange) => {
    setOpen(false);
    props.onChange(range);
  };
  const shift = (move: (from: number, to: number) => [number, number]) => {
    const now = Date.now();
    const resolved = resolveRange(props.range, now);
    if (resolved === null) return;
    const [from, to] = move(resolved.from, resolved.to);
    props.onChange({ from: toRfc3339(from), to: toRfc3339(to) });
  };
  return (
    <div className={classes.root}>
      <Tooltip label={t("earlier")}>
        <ActionIcon
          aria-label={t("earlier")}
          onClick={() => shift((from, to) => [from - (to - from) / 2, to - (to - from) / 2])}
        >
          <ChevronLeft size={15} />
        </ActionIcon>
      </Tooltip>
      <Popover opened={isOpen} onChange={setOpen} position="bottom-end" trapFocus>
        <Popover.Target>
          <Button
            leftSection={<CalendarClock size={14} />}
            aria-label={t("range")}
            onClick={() => setOpen(!isOpen)}
          >
            <span className={classes.label}>{describe(props.range, t)}</span>
          </Button>
        </Popover.Target>
        <Popover.Dropdown className={classes.dropdown}>
          <div className={classes.presets}>
            {PRESETS.map(([from, word]) => (
              <Button
                key={from}
                variant={props.range.from === from && props.range.to === "now" ? "light" : "subtle"}
                color={props.range.from === from && props.range.to === "now" ? "glass" : "gray"}
                justify="start"
                onClick={() => choose({ from, to: "now" })}
              >
                {t("rangeLast", { span: t(word) })}
              </Button>
            ))}
          </div>
          <AbsoluteForm key={`${props.range.from} ${props.range.to}`} range={props.range} onChange={choose} />
        </Popover.Dropdown>
      </Popover>
      <Tooltip label={t("later")}>
        <ActionIcon
          aria-label={t("later")}
          onClick={() => shift((from, to) => [from + (to - from) / 2, to + (to - from) / 2])}
        >
          <ChevronRight size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t("widen")}>
        <ActionIcon
          aria-label={t("widen")}
          onClick={() => shift((from, to) => [from - (to - from) / 2, to + (to - from) / 2])}
        >
          <ZoomOut size={15} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

function describe(range: TimeRange, t: ListWords): string {
  const preset = PRESETS.find(([from]) => from === range.from);
  if (preset && range.to === "now") return t("rangeLast", { span: t(preset[1]) });
  const show = (time: string) => {
    const isMoment = !isRelative(time) && resolveTime(time, 0) !== null;
    return isMoment ? formatDateTime(time).slice(5, 16) : time;
  };
  return `${show(range.from)} – ${show(range.to)}`;
}

/** `datetime-local` wants local time without a zone. */
function toLocalInput(time: string): string {
  const resolved = resolveRange({ from: time, to: "9999-01-01T00:00:00Z" }, Date.now());
  return formatDateTime(resolved?.from ?? Date.now())
    .slice(0, 19)
    .replace(" ", "T");
}

function AbsoluteForm(props: PickerProps) {
  const t = useListWords();
  const [from, setFrom] = useState(() => toLocalInput(props.range.from));
  const [to, setTo] = useState(() => toLocalInput(props.range.to));
  const start = new Date(from).getTime();
  const end = new Date(to).getTime();
  const isRange = start < end;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isRange) props.onChange({ from: toRfc3339(start), to: toRfc3339(end) });
  };
  return (
    <form className={classes.absolute} onSubmit={submit}>
      <TextInput
        type="datetime-local"
        step={1}
        label={t("from")}
        value={from}
        onChange={(event) => setFrom(event.currentTarget.value)}
      />
      <TextInput
        type="datetime-local"
        step={1}
        label={t("to")}
        value={to}
        onChange={(event) => setTo(event.currentTarget.value)}
        error={isRange ? null : t("rangeInvalid")}
      />
      <p className={classes.note}>{t("localTime")}</p>
      <Button type="submit" variant="filled" disabled={!isRange}>
        {t("apply")}
      </Button>
    </form>
  );
}
