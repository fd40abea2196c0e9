import classes from "./KindIcon.module.css";
import { lookOf } from "./kinds";

/** A span's kind as colour, shape and (for readers and tooltips) word. */
export function KindIcon(props: { kind: string; size?: number }) {
  const { icon: Icon, color } = lookOf(props.kind);
  const size = props.size ?? 16;
  return (
    <span
      className={classes.icon}
      style={{ color, width: size, height: size }}
      role="img"
      aria-label={props.kind}
      title={props.kind}
    >
      <Icon size={size - 4} strokeWidth={2.2} aria-hidden />
    </span>
  );
}
