import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { type SqlStatement, sqlQuery } from "../../api/sql";
import { useProject } from "../../api/useProject";
import { resolveRange, type TimeRange, toRfc3339 } from "../../base/time";
import type { SearchChange } from "../../widgets/list/listSearch";
import { changeSql, SQL_RANGE, type SqlSearch } from "./search";

const ROWS_SHOWN = 5_000;

/** The page's state, which is its URL, and what the statement in it found. */
export function useSqlState() {
  const search = useSearch({ from: "/sql" });
  const navigate = useNavigate({ from: "/sql" });
  const project = useProject();
  const queryClient = useQueryClient();
  const [asked, setAsked] = useState(() => Date.now());
  const query = search.q ?? "";
  const from = search.from ?? SQL_RANGE.from;
  const to = search.to ?? SQL_RANGE.to;
  const range: TimeRange = useMemo(() => ({ from, to }), [from, to]);
  const statement: SqlStatement = useMemo(
    () => ({ query, ...moments(range, asked), limit: ROWS_SHOWN }),
    [query, range, asked],
  );
  const options = sqlQuery(project, statement, asked);
  const answer = useQuery(options);
  const change = useCallback(
    (part: SearchChange<SqlSearch>, replace = false) =>
      void navigate({ search: (before) => changeSql(before, part), replace }),
    [navigate],
  );
  const run = useCallback(
    (text: string) => {
      setAsked(Date.now());
      change({ q: text });
    },
    [change],
  );
  const cancel = () => void queryClient.cancelQueries({ queryKey: options.queryKey });
  return { project, query, range, view: search.view ?? null, statement, answer, change, run, cancel };
}

function moments(range: TimeRange, now: number): { from: string; to: string } {
  const resolved = resolveRange(range, now) ?? resolveRange(SQL_RANGE, now) ?? { from: now - 1, to: now };
  return { from: toRfc3339(resolved.from), to: toRfc3339(resolved.to) };
}
