import { ChartSpline } from "lucide-react";
import { EmptyState } from "../../widgets/EmptyState";
import classes from "./ExampleList.module.css";
import { EXAMPLES } from "./examples";
import { useExploreStrings } from "./strings";

/** Where nothing was asked yet: what can be asked. */
export function ExampleList(props: { onChoose: (expression: string) => void }) {
  const t = useExploreStrings();
  return (
    <div className={classes.root}>
      <EmptyState icon={<ChartSpline size={28} />} title={t("welcome")}>
        {t("welcomeHint")}
      </EmptyState>
      <ul className={classes.list}>
        {EXAMPLES.map(([word, expression]) => (
          <li key={word}>
            <button type="button" className={classes.example} onClick={() => props.onChoose(expression)}>
              <span>{t(word)}</span>
              <code className="mono muted">{expression}</code>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
