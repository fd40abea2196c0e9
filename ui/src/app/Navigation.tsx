import { ActionIcon, Tooltip } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";
import {
  Activity,
  BellRing,
  ChartSpline,
  CircleDollarSign,
  ClipboardCheck,
  Database,
  Gauge,
  Keyboard,
  LayoutDashboard,
  ListTree,
  MessagesSquare,
  PanelLeftClose,
  PanelLeftOpen,
  Scale,
  ScrollText,
  Settings,
  SquareTerminal,
  UsersRound,
  Waypoints,
} from "lucide-react";
import { useEffect, useRef } from "react";
import { useMe } from "../api/me";
import { usePreference } from "../base/preferences";
import { AccountMenu } from "./AccountMenu";
import { LanguageSwitch } from "./LanguageSwitch";
import classes from "./Navigation.module.css";
import { ProjectSwitch } from "./ProjectSwitch";
import { useAppStrings } from "./strings";
import { ThemeSwitch } from "./ThemeSwitch";

/** Sections in the order they are listed, in groups: what happened, what it adds up to, how good it is. A new
 * section is one line here and one string. */
const GROUPS = [
  [
    { to: "/overview", word: "overview", Icon: Activity },
    { to: "/traces", word: "traces", Icon: ListTree },
    { to: "/sessions", word: "sessions", Icon: MessagesSquare },
    { to: "/users", word: "users", Icon: UsersRound },
    { to: "/map", word: "map", Icon: Waypoints },
    { to: "/logs", word: "logs", Icon: ScrollText },
    { to: "/alerts", word: "alerts", Icon: BellRing },
  ],
  [
    { to: "/cost", word: "cost", Icon: CircleDollarSign },
    { to: "/dashboards", word: "dashboards", Icon: LayoutDashboard },
    { to: "/explore", word: "metrics", Icon: ChartSpline },
    { to: "/sql", word: "sql", Icon: SquareTerminal },
  ],
  [
    { to: "/scores", word: "scores", Icon: Gauge },
    { to: "/evaluators", word: "evaluators", Icon: Scale },
    { to: "/queues", word: "queues", Icon: ClipboardCheck },
    { to: "/datasets", word: "datasets", Icon: Database },
  ],
  [{ to: "/settings", word: "settings", Icon: Settings }],
] as const;

export function Navigation(props: { onHelp: () => void }) {
  const t = useAppStrings();
  const [width, setWidth] = usePreference("menu", "wide");
  const isNarrow = width === "narrow";
  const sections = useRef<HTMLDivElement>(null);
  const path = useLocation({ select: (location) => location.pathname });
  const user = useMe()?.user?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page has another section, a user a button
  useEffect(() => {
    // Where the sections scroll sideways, the one that is open stays in sight.
    sections.current?.querySelector("[data-active]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [path, user]);
  return (
    <nav className={classes.nav} data-narrow={isNarrow || undefined} aria-label={t("navigation")}>
      <Link to="/overview" className={classes.brand} aria-label="Spanglass">
        <img src="/favicon.svg" alt="" width={20} height={20} />
        <span className={classes.word}>Spanglass</span>
      </Link>
      <ProjectSwitch compact={isNarrow} />
      <div className={classes.sections} ref={sections}>
        {GROUPS.map((sections) => (
          <div key={sections[0].to} className={classes.group}>
            {sections.map(({ to, word, Icon }) => (
              <Link
                key={to}
                to={to}
                className={classes.link}
                activeProps={{ "data-active": true }}
                title={isNarrow ? t(word) : undefined}
              >
                <Icon size={16} aria-hidden />
                <span className={classes.word}>{t(word)}</span>
              </Link>
            ))}
          </div>
        ))}
      </div>
      <AccountMenu compact={isNarrow} />
      <div className={classes.tools}>
        <ThemeSwitch />
        <LanguageSwitch />
        <Tooltip label={`${t("keyboard")} (?)`}>
          <ActionIcon aria-label={t("keyboard")} onClick={props.onHelp}>
            <Keyboard size={16} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={isNarrow ? t("expand") : t("collapse")}>
          <ActionIcon
            className={classes.collapse}
            aria-label={isNarrow ? t("expand") : t("collapse")}
            onClick={() => setWidth(isNarrow ? "wide" : "narrow")}
          >
            {isNarrow ? <PanelLeftOpen size={16} /> : <PanelLeftClose size={16} />}
          </ActionIcon>
        </Tooltip>
      </div>
    </nav>
  );
}
