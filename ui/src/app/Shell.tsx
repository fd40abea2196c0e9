import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useShortcuts } from "../base/shortcuts";
import { DOORS } from "./doors";
import { KeyboardHelp } from "./KeyboardHelp";
import { LanguageSwitch } from "./LanguageSwitch";
import { Navigation } from "./Navigation";
import classes from "./Shell.module.css";
import { useAppStrings } from "./strings";
import { ThemeSwitch } from "./ThemeSwitch";

/** What is around every page. A page for the public stands alone: nothing else of the app is for its readers. */
export function Shell() {
  const path = useLocation({ select: (location) => location.pathname });
  if (DOORS.includes(path)) return <DoorFrame />;
  return path.startsWith("/p/") ? <Outlet /> : <Frame />;
}

/** Before somebody is signed in there is only the page, and how it looks and speaks. */
function DoorFrame() {
  return (
    <>
      <Outlet />
      <div className={classes.doorTools}>
        <ThemeSwitch />
        <LanguageSwitch />
      </div>
    </>
  );
}

/** Navigation at the side, or on top where the window is narrow. */
function Frame() {
  const t = useAppStrings();
  const navigate = useNavigate();
  const [helpOpen, setHelpOpen] = useState(false);
  useShortcuts(t("everywhere"), [
    { keys: ["?"], label: t("showKeyboard"), run: () => setHelpOpen(true) },
    { keys: ["T"], label: t("goTraces"), run: () => void navigate({ to: "/traces" }) },
    { keys: ["L"], label: t("goLogs"), run: () => void navigate({ to: "/logs" }) },
    { keys: ["A"], label: t("goAlerts"), run: () => void navigate({ to: "/alerts" }) },
    { keys: ["M"], label: t("goMetrics"), run: () => void navigate({ to: "/explore" }) },
    { keys: ["Q"], label: t("goQueues"), run: () => void navigate({ to: "/queues" }) },
  ]);
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        {t("skip")}
      </a>
      <Navigation onHelp={() => setHelpOpen(true)} />
      <div id="content" className={classes.content}>
        <Outlet />
      </div>
      <KeyboardHelp opened={helpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  );
}
