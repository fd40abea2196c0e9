import { Drawer } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type { KeyboardEvent, PointerEvent, ReactNode } from "react";
import { useRef } from "react";
import { usePreference } from "../../base/preferences";
import classes from "./SplitView.module.css";
import { useTraceStrings } from "./strings";

const WIDTH_MIN = 320;
const WIDTH_DEFAULT = 540;
/** What is left for the spans at least. */
const REST_MIN = 320;
const KEY_STEP = 32;

export function useIsNarrow(): boolean {
  return useMediaQuery("(max-width: 60em)", false, { getInitialValueInEffect: false });
}

/** The spans, and beside them the panel of the selected one; where the window is narrow, over them. */
export function SplitView(props: {
  main: ReactNode;
  panel: ReactNode;
  isNarrow: boolean;
  isOpen: boolean;
  onClose: () => void;
}) {
  const t = useTraceStrings();
  const [stored, store] = usePreference("trace-panel-width", String(WIDTH_DEFAULT));
  const frame = useRef<HTMLDivElement>(null);
  const width = Number(stored) || WIDTH_DEFAULT;

  const resize = (wanted: number) => {
    const most = (frame.current?.clientWidth ?? 1200) - REST_MIN;
    store(String(Math.round(Math.max(WIDTH_MIN, Math.min(most, wanted)))));
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    resize((frame.current?.getBoundingClientRect().right ?? 0) - event.clientX);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: KEY_STEP, ArrowRight: -KEY_STEP }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    resize(width + step);
  };

  if (props.isNarrow) {
    return (
      <div className={classes.frame}>
        <div className={classes.main}>{props.main}</div>
        <Drawer
          opened={props.isOpen}
          onClose={props.onClose}
          position="right"
          size="min(100%, 36rem)"
          withCloseButton={false}
          classNames={{ body: classes.drawer, content: classes.drawerContent }}
          transitionProps={{ duration: 120 }}
        >
          {props.panel}
        </Drawer>
      </div>
    );
  }
  return (
    <div className={classes.frame} ref={frame}>
      <div className={classes.main}>{props.main}</div>
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label={t("resize")}
        aria-valuenow={width}
        aria-valuemin={WIDTH_MIN}
        tabIndex={0}
        className={classes.handle}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={onPointerMove}
        onKeyDown={onKeyDown}
        onDoubleClick={() => resize(WIDTH_DEFAULT)}
      />
      <div className={classes.panel} style={{ width, maxWidth: `calc(100% - ${REST_MIN}px)` }}>
        {props.panel}
      </div>
    </div>
  );
}
