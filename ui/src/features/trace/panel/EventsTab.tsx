import { Link } from "@tanstack/react-router";
import type { Json, SpanWithLogs } from "../../../api/types";
import { formatDuration } from "../../../base/format";
import { parseNanoTime } from "../../../base/time";
import { useTraceStrings } from "../strings";
import { JsonView } from "./JsonView";
import classes from "./panel.module.css";
import { Section } from "./Section";

/** What the span said on its way: its events, and the spans it points to. */
export function EventsTab(props: { span: SpanWithLogs }) {
  const t = useTraceStrings();
  const { span } = props;
  const start = parseNanoTime(span.start_time);
  const offset = (time: string) => `+${formatDuration(parseNanoTime(time) - start)}`;
  if (span.events.length + span.links.length === 0) {
    return <p className={classes.nothing}>{t("noEvents")}</p>;
  }
  return (
    <>
      {span.events.length > 0 && (
        <Section title={t("events")}>
          {span.events.map((event, position) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: events have no other identity
            <Entry key={position} time={offset(event.time)} name={event.name} attributes={event.attributes} />
          ))}
        </Section>
      )}
      {span.links.length > 0 && (
        <Section title={t("links")}>
          {span.links.map((link) => (
            <div key={`${link.trace_id}/${link.span_id}`} className={classes.entry}>
              <Link to="/traces/$traceId" params={{ traceId: link.trace_id }} search={{ span: link.span_id }}>
                <span className="mono">
                  {link.trace_id} / {link.span_id}
                </span>
              </Link>
              <Attributes values={link.attributes} />
            </div>
          ))}
        </Section>
      )}
    </>
  );
}

function Entry(props: { time: string; name: string; attributes: { [key: string]: Json } }) {
  return (
    <div className={classes.entry}>
      <div className={classes.entryHead}>
        <span className={classes.entryTime}>{props.time}</span>
        <b>{props.name}</b>
      </div>
      <Attributes values={props.attributes} />
    </div>
  );
}

function Attributes(props: { values: { [key: string]: Json } }) {
  return Object.keys(props.values).length > 0 ? <JsonView value={props.values} /> : null;
}
