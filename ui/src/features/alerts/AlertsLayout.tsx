import { Link, Outlet } from "@tanstack/react-router";
import { useEffect } from "react";
import classes from "./AlertsLayout.module.css";
import { useAlertStrings } from "./strings";

/** In the order in which somebody who is on call needs them. */
const TABS = [
  { to: "/alerts", word: "alerts" },
  { to: "/alerts/rules", word: "rules" },
  { to: "/alerts/silences", word: "silences" },
  { to: "/alerts/receivers", word: "receivers" },
  { to: "/alerts/budgets", word: "budgets" },
] as const;

/** What all pages about alerts have above them. */
export function AlertsLayout() {
  const t = useAlertStrings();
  useEffect(() => {
    document.title = `${t("title")} · Spanglass`;
  }, [t]);
  return (
    <main className={classes.page}>
      <h1 className="sr-only">{t("title")}</h1>
      <nav className={classes.tabs} aria-label={t("title")}>
        {TABS.map(({ to, word }) => (
          <Link
            key={to}
            to={to}
            className={classes.tab}
            activeOptions={{ exact: true, includeSearch: false }}
            activeProps={{ "data-active": true }}
          >
            {t(word)}
          </Link>
        ))}
      </nav>
      <div className={classes.body} data-scroller>
        <Outlet />
      </div>
    </main>
  );
}
