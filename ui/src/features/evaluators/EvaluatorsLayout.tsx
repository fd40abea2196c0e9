import { TabLayout } from "../../widgets/cards/TabLayout";
import { useEvaluatorStrings } from "./strings";

const TABS = [
  { to: "/evaluators", word: "evaluators" },
  { to: "/evaluators/judges", word: "connections" },
] as const;

/** What all pages about evaluators have above them. */
export function EvaluatorsLayout() {
  const t = useEvaluatorStrings();
  return <TabLayout title={t("title")} tabs={TABS.map(({ to, word }) => ({ to, label: t(word) }))} />;
}
