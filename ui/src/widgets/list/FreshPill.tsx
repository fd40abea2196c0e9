import { Button } from "@mantine/core";
import { ArrowUp } from "lucide-react";
import classes from "./FreshPill.module.css";

/** What arrived waits here while someone reads further down: nothing moves under the eyes. */
export function FreshPill(props: { count: number; label: string; onShow: () => void }) {
  return (
    <div className={classes.place} aria-live="polite">
      {props.count > 0 && (
        <Button radius="xl" variant="filled" leftSection={<ArrowUp size={13} />} onClick={props.onShow}>
          {props.label}
        </Button>
      )}
    </div>
  );
}
