import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { Check, Languages } from "lucide-react";
import { type Language, setLanguage, useLanguage } from "../base/i18n";
import { useAppStrings } from "./strings";

/** Each language in its own words, so that its readers find it. */
const NAMES: readonly [Language, string][] = [
  ["en", "English"],
  ["ko", "한국어"],
];

export function LanguageSwitch() {
  const t = useAppStrings();
  const language = useLanguage();
  return (
    <Menu position="top-start">
      <Menu.Target>
        <Tooltip label={t("language")}>
          <ActionIcon aria-label={t("language")}>
            <Languages size={16} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {NAMES.map(([code, name]) => (
          <Menu.Item
            key={code}
            lang={code}
            rightSection={code === language ? <Check size={14} /> : null}
            onClick={() => setLanguage(code)}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
