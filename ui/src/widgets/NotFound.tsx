import { Link } from "@tanstack/react-router";
import { Unplug } from "lucide-react";
import { EmptyState } from "./EmptyState";
import { useWidgetStrings } from "./strings";

export function NotFound() {
  const t = useWidgetStrings();
  return (
    <EmptyState
      icon={<Unplug size={28} />}
      title={t("notFound")}
      actions={<Link to="/traces">{t("toTraces")}</Link>}
    >
      {t("notFoundHint")}
    </EmptyState>
  );
}
