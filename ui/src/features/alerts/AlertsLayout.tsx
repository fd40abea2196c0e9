import { TabLayout } from "../../widgets/cards/TabLayout";
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
  return <TabLayout title={t("title")} tabs={TABS.map(({ to, word }) => ({ to, label: t(word) }))} />;
}
