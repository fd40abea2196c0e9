import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { BellOff, Plus } from "lucide-react";
import { useState } from "react";
import { type Silence, silencesQuery } from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import { parseMatchers } from "../../../model/matchers";
import { CardList } from "../../../widgets/cards/CardList";
import cards from "../../../widgets/cards/cards.module.css";
import { Stale } from "../../../widgets/cards/Stale";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { NeedsRole } from "../../../widgets/NeedsRole";
import { SilenceCard } from "./SilenceCard";
import { type SilenceDraft, SilenceForm } from "./SilenceForm";
import { useSilenceStrings } from "./strings";

/** Who hears of nothing, until when, and why: /alerts/silences. */
export function SilencesPage() {
  const t = useSilenceStrings();
  const project = useProject();
  const silences = useQuery(silencesQuery(project));
  const { matchers, ended } = useSearch({ from: "/alerts/silences" });
  const navigate = useNavigate({ from: "/alerts/silences" });
  const [draft, setDraft] = useState<SilenceDraft | null>(() => linked(matchers));
  const show = (wanted: "1" | undefined) =>
    void navigate({ search: wanted ? { ended: wanted } : {}, replace: true });
  const close = () => {
    setDraft(null);
    if (matchers !== undefined) show(ended);
  };
  if (silences.data === undefined) {
    if (silences.error) return <ErrorState error={silences.error} onRetry={() => void silences.refetch()} />;
    return <Skeleton height={120} m={12} radius="sm" />;
  }
  const all = silences.data.items;
  const shown = all.filter((silence) => ended || silence.state !== "expired");
  const add = (
    <NeedsRole permission="edit">
      <Button
        variant="filled"
        leftSection={<Plus size={14} />}
        onClick={() => setDraft({ id: null, matchers: [], comment: "" })}
      >
        {t("add")}
      </Button>
    </NeedsRole>
  );
  return (
    <>
      <div className={cards.page}>
        <Stale error={silences.error} />
        <div className={cards.bar}>
          <span className={cards.gap} />
          {all.some((silence) => silence.state === "expired") && (
            <Button onClick={() => show(ended ? undefined : "1")}>
              {ended ? t("hideExpired") : t("showExpired")}
            </Button>
          )}
          {shown.length > 0 && add}
        </div>
        {shown.length === 0 && (
          <EmptyState icon={<BellOff size={28} />} title={t("none")} actions={add}>
            {t("noneHint")}
          </EmptyState>
        )}
        <CardList
          items={shown}
          keyOf={(silence) => silence.id}
          card={(silence) => <SilenceCard silence={silence} onEdit={() => setDraft(draftOf(silence))} />}
        />
      </div>
      {draft !== null && <SilenceForm draft={draft} onClose={close} />}
    </>
  );
}

/** A new one, where a link asks for it. */
function linked(matchers: string | undefined): SilenceDraft | null {
  return matchers === undefined ? null : { id: null, matchers: parseMatchers(matchers), comment: "" };
}

/** One that ended is begun anew; others are changed. */
function draftOf(silence: Silence): SilenceDraft {
  const { id, matchers, comment, state, starts_at, ends_at } = silence;
  if (state === "expired") return { id: null, matchers, comment };
  return { id, matchers, comment, startsAt: starts_at, endsAt: ends_at };
}
