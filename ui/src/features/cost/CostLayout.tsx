import { TabLayout } from "../../widgets/cards/TabLayout";
import { useCostStrings } from "./strings";

/** What the cost page and the price book have above them. */
export function CostLayout() {
  const t = useCostStrings();
  return (
    <TabLayout
      title={t("title")}
      tabs={[
        { to: "/cost", label: t("costs") },
        { to: "/cost/prices", label: t("prices") },
      ]}
    />
  );
}
