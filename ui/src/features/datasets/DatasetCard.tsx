import { Link } from "@tanstack/react-router";
import type { Dataset } from "../../api/datasets";
import { formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { formatDateTime } from "../../base/time";
import classes from "../../widgets/cards/cards.module.css";
import { useDatasetStrings } from "./strings";

export function DatasetCard(props: { dataset: Dataset }) {
  const t = useDatasetStrings();
  const language = useLanguage();
  const { dataset } = props;
  return (
    <article className={classes.card}>
      <header className={classes.head}>
        <h2 className={classes.name}>
          <Link to="/datasets/$name" params={{ name: dataset.name }}>
            {dataset.name}
          </Link>
        </h2>
      </header>
      {dataset.description && <p className={classes.text}>{dataset.description}</p>}
      <p className={classes.facts}>
        <span>{t("itemCount", { count: formatCount(dataset.item_count, language) })}</span>
        {dataset.run_count > 0 && (
          <span>{t("runCount", { count: formatCount(dataset.run_count, language) })}</span>
        )}
        {dataset.version !== null && <span>{t("versionOf", { version: String(dataset.version) })}</span>}
        <span className="muted">
          {t("changedAt", { time: formatDateTime(dataset.changed_at).slice(0, 16) })}
        </span>
      </p>
    </article>
  );
}
