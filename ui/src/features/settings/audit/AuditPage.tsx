import { Button, Select, Skeleton } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Download, ScrollText } from "lucide-react";
import { useMay, useMe } from "../../../api/me";
import { type AuditAsked, auditActionsQuery, auditFile, auditQuery } from "../../../api/team";
import { useProject } from "../../../api/useProject";
import { SearchInput } from "../../../widgets/cards/SearchInput";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { useWidgetStrings } from "../../../widgets/strings";
import { Section } from "../Section";
import classes from "../settings.module.css";
import { AuditRow } from "./AuditRow";
import { type AuditSearch, DEFAULT_RANGE, RANGES } from "./search";
import { useAuditStrings } from "./strings";

/** Who changed what: /settings/audit. */
export function AuditPage() {
  const t = useAuditStrings();
  const words = useWidgetStrings();
  const me = useMe();
  const project = useProject();
  const isAdmin = useMay("admin");
  const search = useSearch({ from: "/settings/audit" });
  const asked: AuditAsked = {
    project,
    from: search.from ?? DEFAULT_RANGE,
    actor: search.actor ?? "",
    action: search.action ?? "",
    scope: search.scope ?? "project",
  };
  if (me && !isAdmin) return <EmptyState icon={<ScrollText size={28} />} title={words("forAdmins")} />;
  return (
    <div className={classes.page}>
      <Section
        title={t("title")}
        hint={t("hint")}
        actions={(["csv", "jsonl"] as const).map((format) => (
          <Button
            key={format}
            component="a"
            href={auditFile(asked, format)}
            leftSection={<Download size={14} />}
          >
            {t(format)}
          </Button>
        ))}
      >
        <AuditFilters isEverywhereOpen={me?.is_organization_admin ?? false} />
        {isAdmin && <Entries asked={asked} />}
      </Section>
    </div>
  );
}

function AuditFilters(props: { isEverywhereOpen: boolean }) {
  const t = useAuditStrings();
  const project = useProject();
  const navigate = useNavigate({ from: "/settings/audit" });
  const search = useSearch({ from: "/settings/audit" });
  const actions = useQuery({ ...auditActionsQuery(project), enabled: useMay("admin") });
  const change = (part: Partial<Record<keyof AuditSearch, string | undefined>>) =>
    void navigate({ search: (before) => ({ ...before, ...part }) as AuditSearch, replace: true });
  return (
    <div className={classes.line}>
      <SearchInput
        label={t("actor")}
        value={search.actor ?? ""}
        onChange={(actor) => change({ actor: actor || undefined })}
      />
      <Select
        aria-label={t("action")}
        w={190}
        searchable
        clearable
        placeholder={t("anyAction")}
        value={search.action ?? null}
        onChange={(action) => change({ action: action ?? undefined })}
        data={actions.data?.items ?? []}
      />
      <Select
        aria-label={t("range")}
        w={140}
        allowDeselect={false}
        value={search.from ?? DEFAULT_RANGE}
        onChange={(from) => change({ from: from === DEFAULT_RANGE ? undefined : (from ?? undefined) })}
        data={RANGES.map((range) => ({ value: range, label: t(range) }))}
      />
      {props.isEverywhereOpen && (
        <Select
          aria-label={t("scope")}
          w={140}
          allowDeselect={false}
          value={search.scope ?? "project"}
          onChange={(scope) => change({ scope: scope === "everything" ? scope : undefined })}
          data={(["project", "everything"] as const).map((scope) => ({ value: scope, label: t(scope) }))}
        />
      )}
    </div>
  );
}

function Entries(props: { asked: AuditAsked }) {
  const t = useAuditStrings();
  const entries = useInfiniteQuery(auditQuery(props.asked));
  if (entries.data === undefined) {
    if (entries.error) return <ErrorState error={entries.error} onRetry={() => void entries.refetch()} />;
    return <Skeleton height={160} radius="sm" />;
  }
  const found = entries.data.pages.flatMap((page) => page.items);
  if (found.length === 0)
    return (
      <EmptyState icon={<ScrollText size={28} />} title={t("none")}>
        {t("noneHint")}
      </EmptyState>
    );
  return (
    <>
      <ul className={classes.list}>
        {found.map((entry) => (
          <AuditRow key={entry.id} entry={entry} />
        ))}
      </ul>
      {entries.hasNextPage && (
        <Button loading={entries.isFetchingNextPage} onClick={() => void entries.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
    </>
  );
}
