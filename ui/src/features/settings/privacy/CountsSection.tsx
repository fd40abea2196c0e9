import { useQuery } from "@tanstack/react-query";
import { redactionCountsQuery } from "../../../api/redaction";
import { useProject } from "../../../api/useProject";
import cards from "../../../widgets/cards/cards.module.css";
import { Stale } from "../../../widgets/cards/Stale";
import { CountTable } from "./CountTable";
import { usePrivacyStrings } from "./strings";

/** What the rules did lately. */
export function CountsSection() {
  const t = usePrivacyStrings();
  const counts = useQuery(redactionCountsQuery(useProject()));
  const found = counts.data;
  return (
    <section className={cards.card} aria-label={t("counts")}>
      <header className={cards.head}>
        <h2 className={cards.name}>{t("counts")}</h2>
        {found !== undefined && found.total > 0 && (
          <span className="muted">{t("countsTotal", { total: found.total.toLocaleString() })}</span>
        )}
      </header>
      <Stale error={counts.error} />
      {found?.total === 0 && <p className="muted">{t("countsNone")}</p>}
      {found !== undefined && found.total > 0 && <CountTable counts={found.counts} />}
    </section>
  );
}
