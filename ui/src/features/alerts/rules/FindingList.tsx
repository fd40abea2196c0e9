import type { Finding } from "../../../api/alerting";
import { CopyButton } from "../../../widgets/CopyButton";
import classes from "../../../widgets/cards/cards.module.css";
import { useRuleStrings } from "./strings";

const TONES = { error: "bad", warning: "warning", info: "plain" } as const;

/** What is wrong with the rules, why it matters, and how they would be right. */
export function FindingList(props: { findings: readonly Finding[] }) {
  const t = useRuleStrings();
  return (
    <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 6 }}>
      {props.findings.map((finding) => (
        <li
          key={`${finding.line} ${finding.code} ${finding.expression}`}
          className={classes.card}
          data-tone={TONES[finding.severity]}
        >
          <div className={classes.head}>
            <span className={classes.badge} data-tone={TONES[finding.severity]}>
              {t(finding.severity)}
            </span>
            <b>{finding.rule}</b>
            <span className="muted">{t("line", { line: finding.line })}</span>
            <span className={classes.gap} />
            <code className="muted">{finding.code}</code>
          </div>
          <p className={classes.text}>{finding.message}</p>
          {finding.why && <p className={`${classes.text} muted`}>{finding.why}</p>}
          {finding.advice && <p className={classes.text}>{finding.advice}</p>}
          {finding.corrected && (
            <div style={{ display: "flex", alignItems: "center", gap: 6 }}>
              <code className={classes.expression} style={{ flex: 1 }}>
                {finding.corrected}
              </code>
              <CopyButton value={finding.corrected} label={t("copy")} />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
