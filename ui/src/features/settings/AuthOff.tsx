import { UserX } from "lucide-react";
import { CodeBlock } from "../../widgets/CodeBlock";
import { EmptyState } from "../../widgets/EmptyState";
import { useSettingsStrings } from "./strings";

/** In place of what is about people, where nobody signs in. */
export function AuthOff() {
  const t = useSettingsStrings();
  return (
    <EmptyState icon={<UserX size={28} />} title={t("authOff")}>
      <p>{t("authOffHint")}</p>
      <CodeBlock code="SPANGLASS_AUTH=required spanglass serve" />
    </EmptyState>
  );
}
