import { ActionIcon, Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import classes from "./PageFrame.module.css";

/** A page with its title above, and a way back to what it is one of. */
export function PageFrame(props: {
  title: string;
  back?: { to: string; label: string } | undefined;
  actions?: ReactNode;
  isWide?: boolean;
  children: ReactNode;
}) {
  const { title, back } = props;
  useEffect(() => {
    document.title = `${title} · Spanglass`;
  }, [title]);
  return (
    <main className={classes.page} data-scroller>
      <div className={classes.inner} data-wide={props.isWide || undefined}>
        <header className={classes.head}>
          {back && (
            <Tooltip label={back.label}>
              <ActionIcon aria-label={back.label} renderRoot={(root) => <Link {...root} to={back.to} />}>
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
