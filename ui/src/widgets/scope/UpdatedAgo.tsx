import { useEffect, useState } from "react";
import { useLanguage } from "../../base/i18n";
import { formatAgo, toRfc3339 } from "../../base/time";
import classes from "./ScopeBar.module.css";
import { useScopeStrings } from "./strings";

const TICK_MS = 1000;

/** How old the page's answer is. Nothing before there is one. */
export function UpdatedAgo(props: { at: number }) {
  const t = useScopeStrings();
  const language = useLanguage();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  if (props.at === 0) return null;
  const ago = formatAgo(toRfc3339(props.at), Math.max(now, props.at), language);
  return <span className={classes.updated}>{t("updated", { ago })}</span>;
}
