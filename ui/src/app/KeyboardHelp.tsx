import { Kbd, Modal } from "@mantine/core";
import { useBoundShortcuts } from "../base/shortcuts";
import classes from "./KeyboardHelp.module.css";
import { useAppStrings } from "./strings";

const SYMBOLS: Record<string, string> = {
  ArrowDown: "↓",
  ArrowUp: "↑",
  ArrowLeft: "←",
  ArrowRight: "→",
  Enter: "↵",
  Escape: "Esc",
  " ": "Space",
};

/** What the keyboard does on the page that is open. */
export function KeyboardHelp(props: { opened: boolean; onClose: () => void }) {
  const t = useAppStrings();
  const groups = useBoundShortcuts();
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={t("keyboard")}>
      {groups.map((group) => (
        <section key={group.title} className={classes.group}>
          <h3 className={classes.title}>{group.title}</h3>
          <dl className={classes.list}>
            {group.shortcuts.map((shortcut) => (
              <div key={shortcut.label} className={classes.row}>
                <dt>{shortcut.label}</dt>
                <dd>
                  {shortcut.keys.map((key) => (
                    <Kbd key={key} size="xs">
                      {SYMBOLS[key] ?? key}
                    </Kbd>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Modal>
  );
}
