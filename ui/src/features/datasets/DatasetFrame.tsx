import { ActionIcon, Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import classes from "./DatasetFrame.module.css";
import { useDatasetStrings } from "./strings";

/** A page of datasets or experiments with its title above. */
export function DatasetFrame(props: {
  title: string;
  back?: "/datasets" | "/experiments";
  actions?: ReactNode;
  children: ReactNode;
}) {
  const t = useDatasetStrings();
  const { title, back } = props;
  useEffect(() => {
    document.title = `${title} · Spanglass`;
  }, [title]);
  const label = back === "/experiments" ? t("experiments") : t("toList");
  return (
    <main className={classes.page} data-scroller>
      <div className={classes.inner}>
        <header className={classes.head}>
          {back && (
            <Tooltip label={label}>
              <ActionIcon aria-label={label} renderRoot={(root) => <Link {...root} to={back} />}>
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
