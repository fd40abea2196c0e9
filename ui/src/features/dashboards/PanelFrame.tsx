import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { useInViewport } from "@mantine/hooks";
import {
  ChartLine,
  Copy,
  Ellipsis,
  EllipsisVertical,
  ExternalLink,
  GripVertical,
  Info,
  Maximize2,
  Minimize2,
  Pencil,
  Table2,
  Trash2,
  TriangleAlert,
} from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Mark } from "../../charts/marks";
import { isQueried, type Panel } from "../../model/dashboards/document";
import { fillText, fillUrl } from "../../model/dashboards/interpolate";
import type { Handles } from "./Grid";
import classes from "./PanelFrame.module.css";
import type { PanelContext } from "./panelData";
import { PanelBody } from "./panels/PanelBody";
import { useDashboardStrings } from "./strings";
import { usePanelData } from "./usePanelData";

const HEAD_PX = 32;

type FrameProps = {
  panel: Panel;
  height: number;
  context: PanelContext;
  marks: readonly Mark[];
  syncKey: string;
  handles: Handles | null;
  isFull: boolean;
  onFull: (isFull: boolean) => void;
  onRange: (from: number, to: number) => void;
  /** Null where the dashboard is only looked at. */
  edit: { onEdit: () => void; onDuplicate: () => void; onRemove: () => void } | null;
};

/** A panel with its title, its menu and what moves it. */
export function PanelFrame(props: FrameProps) {
  const t = useDashboardStrings();
  const { panel, context, handles } = props;
  const { ref, inViewport } = useInViewport<HTMLElement>();
  // What was seen once stays up to date: scrolling back shows no gap.
  const [wasSeen, setSeen] = useState(false);
  useEffect(() => {
    if (inViewport) setSeen(true);
  }, [inViewport]);
  const [isTable, setTable] = useState(false);
  const data = usePanelData(panel, context, wasSeen || props.isFull);
  const title = fillText(panel.title, context.values, data.window);
  const name = title || t("untitledPanel");
  if (panel.kind === "row")
    return (
      <section className={classes.row} ref={ref} aria-label={name}>
        <MoveHandle name={name} handles={handles} />
        <h2>{title}</h2>
        <PanelMenu {...props} name={name} isTable={isTable} onTable={null} />
      </section>
    );
  return (
    <section className={classes.panel} ref={ref} aria-label={name} data-panel={panel.id}>
      <header className={classes.head}>
        <MoveHandle name={name} handles={handles} />
        <h3 className={classes.title} title={title} onPointerDown={handles?.onMoveStart}>
          {title}
        </h3>
        {panel.description !== "" && (
          <Tooltip label={panel.description} multiline maw={320}>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the explanation must be reachable by keyboard */}
            <span className={classes.info} tabIndex={0} role="note" aria-label={panel.description}>
              <Info size={13} />
            </span>
          </Tooltip>
        )}
        {(data.isCut || data.warnings.length > 0) && (
          <Tooltip
            label={[...(data.isCut ? [t("cut")] : []), ...data.warnings].join("\n")}
            multiline
            maw={320}
          >
            <span
              className={data.warnings.length > 0 ? classes.warning : classes.info}
              // biome-ignore lint/a11y/noNoninteractiveTabindex: the warning must be reachable by keyboard
              tabIndex={0}
              role="note"
              aria-label={data.isCut ? t("cut") : data.warnings.join(" ")}
            >
              {data.warnings.length > 0 ? <TriangleAlert size={13} /> : <Ellipsis size={13} />}
            </span>
          </Tooltip>
        )}
        <span className={classes.gap} />
        {panel.links.map((link) => (
          <Tooltip key={link.title + link.url} label={link.title}>
            <ActionIcon
              size="sm"
              component="a"
              href={fillUrl(link.url, context.values, data.window)}
              aria-label={link.title}
              {...(link.url.startsWith("/") ? {} : { target: "_blank", rel: "noopener noreferrer" })}
            >
              <ExternalLink size={13} />
            </ActionIcon>
          </Tooltip>
        ))}
        <PanelMenu
          {...props}
          name={name}
          isTable={isTable}
          onTable={isQueried(panel.kind) && panel.kind !== "table" ? () => setTable(!isTable) : null}
        />
      </header>
      <div className={classes.body}>
        <PanelBody
          panel={panel}
          data={data}
          height={props.height - HEAD_PX - 4}
          marks={props.marks}
          syncKey={props.syncKey}
          isTable={isTable}
          onRange={props.onRange}
        />
      </div>
      {handles !== null && (
        <button
          type="button"
          className={classes.corner}
          aria-label={t("resizePanel", { title: name })}
          onPointerDown={handles.onResizeStart}
          onKeyDown={handles.onKey}
        />
      )}
    </section>
  );
}

function MoveHandle(props: { name: string; handles: Handles | null }) {
  const t = useDashboardStrings();
  const button = useRef<HTMLButtonElement>(null);
  if (props.handles === null) return null;
  return (
    <button
      ref={button}
      type="button"
      className={classes.grip}
      aria-label={t("movePanel", { title: props.name })}
      title={t("movePanel", { title: props.name })}
      onPointerDown={props.handles.onMoveStart}
      onKeyDown={props.handles.onKey}
    >
      <GripVertical size={14} />
    </button>
  );
}

function PanelMenu(props: FrameProps & { name: string; isTable: boolean; onTable: (() => void) | null }) {
  const t = useDashboardStrings();
  const { edit } = props;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon size="sm" aria-label={t("panelMenu", { title: props.name })}>
          <EllipsisVertical size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {props.panel.kind !== "row" && (
          <Menu.Item
            leftSection={props.isFull ? <Minimize2 size={14} /> : <Maximize2 size={14} />}
            onClick={() => props.onFull(!props.isFull)}
          >
            {props.isFull ? t("leaveFullScreen") : t("fullScreen")}
          </Menu.Item>
        )}
        {props.onTable !== null && (
          <Menu.Item
            leftSection={props.isTable ? <ChartLine size={14} /> : <Table2 size={14} />}
            onClick={props.onTable}
          >
            {props.isTable ? t("asChart") : t("asTable")}
          </Menu.Item>
        )}
        {edit !== null && (
          <>
            <Menu.Item leftSection={<Pencil size={14} />} onClick={edit.onEdit}>
              {t("editPanel")}
            </Menu.Item>
            <Menu.Item leftSection={<Copy size={14} />} onClick={edit.onDuplicate}>
              {t("duplicate")}
            </Menu.Item>
            <Menu.Item color="red" leftSection={<Trash2 size={14} />} onClick={edit.onRemove}>
              {t("removePanel")}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
