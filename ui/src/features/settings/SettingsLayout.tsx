import { TabLayout } from "../../widgets/cards/TabLayout";
import { useSettingsStrings } from "./strings";

/** First what belongs to the project, then what is the organization's, then one's own. A new page is one line
 * here, one string and one route. */
const TABS = [
  { to: "/settings", word: "project" },
  { to: "/settings/keys", word: "keys" },
  { to: "/settings/thresholds", word: "thresholds" },
  { to: "/settings/privacy", word: "privacy" },
  { to: "/settings/members", word: "members" },
  { to: "/settings/organization", word: "organization" },
  { to: "/settings/audit", word: "audit" },
  { to: "/settings/account", word: "account" },
] as const;

/** What all pages of settings have above them. */
export function SettingsLayout() {
  const t = useSettingsStrings();
  return <TabLayout title={t("title")} tabs={TABS.map(({ to, word }) => ({ to, label: t(word) }))} />;
}
