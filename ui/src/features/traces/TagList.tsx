import classes from "./TagList.module.css";

export function TagList(props: { tags: readonly string[] }) {
  return (
    <span className={classes.list} title={props.tags.join(", ")}>
      {props.tags.map((tag) => (
        <span key={tag} className={classes.tag}>
          {tag}
        </span>
      ))}
    </span>
  );
}
