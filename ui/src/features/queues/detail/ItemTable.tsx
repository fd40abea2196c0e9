import { ActionIcon, Button, SegmentedControl, Tooltip } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ClipboardCheck } from "lucide-react";
import {
  type AnnotationQueue,
  type ItemState,
  type ListedItem,
  QUEUE_PAGE,
  queueItemsQuery,
  type Review,
} from "../../../api/queues";
import { useProject } from "../../../api/useProject";
import { formatScore } from "../../../model/scores";
import { ErrorState } from "../../../widgets/ErrorState";
import classes from "./detail.module.css";
import { RemoveItem } from "./RemoveItem";
import { useQueueDetailStrings } from "./strings";

/** The queue's items, a page at a time, with what was said of them. */
export function ItemTable(props: {
  queue: AnnotationQueue;
  state: ItemState | undefined;
  page: number;
  onShow: (state: ItemState | undefined, page: number) => void;
}) {
  const t = useQueueDetailStrings();
  const project = useProject();
  const { queue, state, page } = props;
  const items = useQuery({
    ...queueItemsQuery(project, queue.id, state, page),
    placeholderData: keepPreviousData,
  });
  const total = items.data?.total ?? 0;
  return (
    <section className={classes.section} aria-label={t("itemsTitle")}>
      <div className={classes.bar}>
        <h2 className={classes.heading}>{t("itemsTitle")}</h2>
        <SegmentedControl
          size="xs"
          aria-label={t("itemsTitle")}
          value={state ?? "all"}
          onChange={(value) => props.onShow(value === "all" ? undefined : (value as ItemState), 0)}
          data={(["all", "open", "done", "skipped"] as const).map((value) => ({ value, label: t(value) }))}
        />
      </div>
      {items.error && <ErrorState error={items.error} onRetry={() => void items.refetch()} />}
      {items.data?.items.length === 0 && <p className="muted">{t("noItems")}</p>}
      {(items.data?.items.length ?? 0) > 0 && (
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th>{t("trace")}</th>
                <th>{t("reviews")}</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {items.data?.items.map((item) => (
                <ItemRow key={item.id} queue={queue} item={item} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {total > QUEUE_PAGE && (
        <div className={classes.bar}>
          <Button disabled={page === 0} onClick={() => props.onShow(state, page - 1)}>
            {t("previous")}
          </Button>
          <span className="muted">
            {t("page", {
              from: page * QUEUE_PAGE + 1,
              to: Math.min(total, (page + 1) * QUEUE_PAGE),
              total,
            })}
          </span>
          <Button disabled={(page + 1) * QUEUE_PAGE >= total} onClick={() => props.onShow(state, page + 1)}>
            {t("next")}
          </Button>
        </div>
      )}
    </section>
  );
}

function ItemRow(props: { queue: AnnotationQueue; item: ListedItem }) {
  const t = useQueueDetailStrings();
  const { queue, item } = props;
  return (
    <tr>
      <td>
        <Target item={item} />
      </td>
      <td>
        <div className={classes.reviews}>
          {item.reviews.map((review) => (
            <ReviewLine key={review.reviewer} queue={queue} review={review} />
          ))}
        </div>
      </td>
      <td>
        <div className={classes.actions}>
          <Tooltip label={t("reviewThis")}>
            <ActionIcon
              size="sm"
              aria-label={t("reviewThis")}
              renderRoot={(root) => (
                <Link
                  {...root}
                  to="/queues/$queueId/review"
                  params={{ queueId: queue.id }}
                  search={{ item: item.id }}
                />
              )}
            >
              <ClipboardCheck size={14} />
            </ActionIcon>
          </Tooltip>
          <RemoveItem queueId={queue.id} item={item} />
        </div>
      </td>
    </tr>
  );
}

function Target(props: { item: ListedItem }) {
  const t = useQueueDetailStrings();
  const { item } = props;
  if (item.trace_id === null)
    return (
      <div className={classes.name}>
        {t("session")} <span className="mono">{item.session_id}</span>
      </div>
    );
  return (
    <>
      <div className={classes.name}>
        <Link
          to="/traces/$traceId"
          params={{ traceId: item.trace_id }}
          search={item.span_id === null ? {} : { span: item.span_id }}
        >
          {item.trace?.name || item.trace_id}
        </Link>
      </div>
      <div className={classes.preview}>{item.trace === null ? t("gone") : item.trace.input_preview}</div>
    </>
  );
}

function ReviewLine(props: { queue: AnnotationQueue; review: Review }) {
  const t = useQueueDetailStrings();
  const { review } = props;
  const nameOf = (id: string) => props.queue.configs.find((score) => score.id === id)?.name ?? "?";
  return (
    <div className={classes.review} data-status={review.status}>
      <b>{review.reviewer}</b>
      {review.status === "done"
        ? Object.entries(review.answers).map(([id, value]) => (
            <span key={id}>
              {nameOf(id)} {formatScore(value, { yes: "✓", no: "✗" })}
            </span>
          ))
        : t(review.status)}
      {review.comment && <span className={classes.preview}>{review.comment}</span>}
    </div>
  );
}
