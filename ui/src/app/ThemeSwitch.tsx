import { ActionIcon, Menu, Tooltip, useMantineColorScheme } from "@mantine/core";
import { Check, Monitor, Moon, Sun } from "lucide-react";
import { useAppStrings } from "./strings";

const SCHEMES = [
  { scheme: "light", word: "light", Icon: Sun },
  { scheme: "dark", word: "dark", Icon: Moon },
  { scheme: "auto", word: "system", Icon: Monitor },
] as const;

export function ThemeSwitch() {
  const t = useAppStrings();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Current = SCHEMES.find((entry) => entry.scheme === colorScheme)?.Icon ?? Monitor;
  return (
    <Menu position="top-start">
      <Menu.Target>
        <Tooltip label={t("theme")}>
          <ActionIcon aria-label={t("theme")}>
            <Current size={16} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {SCHEMES.map(({ scheme, word, Icon }) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon size={14} />}
            rightSection={scheme === colorScheme ? <Check size={14} /> : null}
            onClick={() => setColorScheme(scheme)}
          >
            {t(word)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
