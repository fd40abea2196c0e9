import { TabLayout } from "../../widgets/cards/TabLayout";
import { useScoresStrings } from "./strings";

const TABS = [
  { to: "/scores", word: "overview" },
  { to: "/scores/agreement", word: "agreement" },
  { to: "/scores/configurations", word: "configs" },
] as const;

/** What all pages about scores have above them. */
export function ScoresLayout() {
  const t = useScoresStrings();
  return <TabLayout title={t("title")} tabs={TABS.map(({ to, word }) => ({ to, label: t(word) }))} />;
}
