import { Link } from "@tanstack/react-router";
import type { ScoreForm } from "../../api/evaluators";
import classes from "../../widgets/cards/cards.module.css";

/** The scores that an evaluator gives; each leads to its page. */
export function ScoreNames(props: { scores: readonly ScoreForm[] }) {
  return props.scores.map(({ name }) => (
    <Link key={name} to="/scores/name/$name" params={{ name }} className={classes.label}>
      {name}
    </Link>
  ));
}
