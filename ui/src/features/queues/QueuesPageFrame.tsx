import { ActionIcon, Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import classes from "./QueuesPageFrame.module.css";
import { useQueueStrings } from "./strings";

/** A page of queues with its title above. */
export function QueuesPageFrame(props: {
  title: string;
  /** Leads back to the list. */
  isBelowList?: boolean;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const t = useQueueStrings();
  const { title } = props;
  useEffect(() => {
    document.title = `${title} · Spanglass`;
  }, [title]);
  return (
    <main className={classes.page} data-scroller>
      <div className={classes.inner}>
        <header className={classes.head}>
          {props.isBelowList && (
            <Tooltip label={t("toList")}>
              <ActionIcon aria-label={t("toList")} renderRoot={(root) => <Link {...root} to="/queues" />}>
                <ArrowLeft size={16} />
              </ActionIcon>
            </Tooltip>
          )}
          <h1 className={classes.title}>{title}</h1>
          <div className={classes.actions}>{props.actions}</div>
        </header>
        {props.children}
      </div>
    </main>
  );
}
