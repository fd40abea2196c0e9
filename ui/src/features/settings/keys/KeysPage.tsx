import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { useMay, useMe } from "../../../api/me";
import { keysQuery, type MadeKey } from "../../../api/team";
import { useProject } from "../../../api/useProject";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { NeedsRole } from "../../../widgets/NeedsRole";
import { useWidgetStrings } from "../../../widgets/strings";
import { Section } from "../Section";
import classes from "../settings.module.css";
import { KeyForm } from "./KeyForm";
import { KeyRow } from "./KeyRow";
import { MadeKeyDialog } from "./MadeKeyDialog";
import { useKeyStrings } from "./strings";

/** The project's API keys: /settings/keys. */
export function KeysPage() {
  const t = useKeyStrings();
  const words = useWidgetStrings();
  const me = useMe();
  const project = useProject();
  const isAdmin = useMay("admin");
  const keys = useQuery({ ...keysQuery(project), enabled: isAdmin });
  const [isAdding, setAdding] = useState(false);
  const [made, setMade] = useState<MadeKey | null>(null);
  if (me && !isAdmin) return <EmptyState icon={<KeyRound size={28} />} title={words("forAdmins")} />;
  if (keys.data === undefined) {
    if (keys.error) return <ErrorState error={keys.error} onRetry={() => void keys.refetch()} />;
    return <Skeleton height={120} m={12} radius="sm" />;
  }
  const add = (
    <NeedsRole permission="admin">
      <Button variant="filled" leftSection={<Plus size={14} />} onClick={() => setAdding(true)}>
        {t("add")}
      </Button>
    </NeedsRole>
  );
  return (
    <div className={classes.page}>
      <Section title={t("title")} hint={t("hint")} actions={keys.data.items.length > 0 && add}>
        {keys.data.items.length === 0 ? (
          <EmptyState icon={<KeyRound size={28} />} title={t("none")} actions={add}>
            {t("noneHint")} {me?.auth === "off" && t("noneHintOff")}
          </EmptyState>
        ) : (
          <ul className={classes.list}>
            {keys.data.items.map((key) => (
              <KeyRow key={key.public_key} apiKey={key} />
            ))}
          </ul>
        )}
      </Section>
      {isAdding && (
        <KeyForm
          onClose={() => setAdding(false)}
          onMade={(key) => {
            setAdding(false);
            setMade(key);
          }}
        />
      )}
      {made && <MadeKeyDialog apiKey={made} onClose={() => setMade(null)} />}
    </div>
  );
}
