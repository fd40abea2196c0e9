import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import classes from "./TabLayout.module.css";

type Tab = { to: string; label: string };

/** What the pages of a section have above them: a tab each, and below it the page. */
export function TabLayout(props: { title: string; tabs: readonly Tab[] }) {
  const { title } = props;
  useEffect(() => {
    document.title = `${title} · Spanglass`;
  }, [title]);
  const tabs = useRef<HTMLElement>(null);
  const path = useLocation({ select: (location) => location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page has another tab
  useEffect(() => {
    // Where the tabs scroll sideways, the one that is open stays in sight.
    tabs.current?.querySelector("[data-active]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [path]);
  return (
    <main className={classes.page}>
      <h1 className="sr-only">{title}</h1>
      <nav ref={tabs} className={classes.tabs} aria-label={title}>
        {props.tabs.map(({ to, label }) => (
          <Link
            key={to}
            to={to}
            className={classes.tab}
            activeOptions={{ exact: true, includeSearch: false }}
            activeProps={{ "data-active": true }}
          >
            {label}
          </Link>
        ))}
      </nav>
      <div className={classes.body} data-scroller>
        <Outlet />
      </div>
    </main>
  );
}
