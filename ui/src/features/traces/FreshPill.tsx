import { Button } from "@mantine/core";
import { ArrowUp } from "lucide-react";
import classes from "./FreshPill.module.css";
import { useListStrings } from "./strings";

/** New traces wait here while someone reads further down: nothing moves under the eyes. */
export function FreshPill(props: { count: number; onShow: () => void }) {
  const t = useListStrings();
  return (
    <div className={classes.place} aria-live="polite">
      {props.count > 0 && (
        <Button radius="xl" variant="filled" leftSection={<ArrowUp size={13} />} onClick={props.onShow}>
          {t("fresh", { count: props.count })}
        </Button>
      )}
    </div>
  );
}
