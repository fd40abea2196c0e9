import { NumberInput, Select, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Scale } from "lucide-react";
import { agreementQuery, scoreNamesQuery } from "../../../api/scores";
import { EmptyState } from "../../../widgets/EmptyState";
import { ErrorState } from "../../../widgets/ErrorState";
import { ScopeBar } from "../parts/ScopeBar";
import classes from "../parts/scores.module.css";
import { useScope } from "../parts/useScope";
import { type AgreementSearch, changed, parseSide, printSide } from "../search";
import { useScoresStrings } from "../strings";
import { AgreementView } from "./AgreementView";
import { SidePicker } from "./SidePicker";

/** How far two scores of the same traces agree: /scores/agreement. */
export function AgreementPage() {
  const t = useScoresStrings();
  const search = useSearch({ from: "/scores/agreement" });
  const navigate = useNavigate({ from: "/scores/agreement" });
  const { source: _every, ...rest } = search;
  const scope = useScope(rest);
  const names = useQuery(scoreNamesQuery(scope, 0));
  const [first, second] = [parseSide(search.first), parseSide(search.second)];
  const isSame = search.first === search.second;
  const isAsked = first.name !== "" && second.name !== "" && !isSame;
  const query = {
    from: scope.from,
    to: scope.to,
    filter: scope.filter,
    at: scope.at,
    match: search.match,
    threshold: search.threshold,
    first_name: first.name,
    first_source: first.source,
    first_author: first.author,
    second_name: second.name,
    second_source: second.source,
    second_author: second.author,
  };
  const agreement = useQuery(agreementQuery(scope.project, query, isAsked));
  const change = (part: { [Key in keyof AgreementSearch]?: AgreementSearch[Key] | null }) =>
    void navigate({ search: (before) => changed(before, part) });
  const items = names.data?.items ?? [];
  return (
    <div className={classes.page}>
      <ScopeBar scope={scope} error={agreement.error ?? names.error} onChange={change} withSource={false} />
      <div className={classes.sides}>
        <SidePicker
          label={t("first")}
          names={items}
          side={first}
          onChange={(side) => change({ first: printSide(side) })}
        />
        <SidePicker
          label={t("second")}
          names={items}
          side={second}
          onChange={(side) => change({ second: printSide(side) })}
        />
      </div>
      <div className={classes.bar}>
        <Select
          w={210}
          label={t("match")}
          allowDeselect={false}
          value={search.match ?? "target"}
          onChange={(match) => change({ match: match === "trace" ? "trace" : null })}
          data={[
            { value: "target", label: t("matchTarget") },
            { value: "trace", label: t("matchTrace") },
          ]}
        />
        <NumberInput
          w={150}
          size="xs"
          label={t("threshold")}
          placeholder={t("thresholdHint")}
          step={0.1}
          value={search.threshold ?? ""}
          onChange={(threshold) => change({ threshold: threshold === "" ? null : String(threshold) })}
        />
      </div>
      {!isAsked ? (
        <EmptyState icon={<Scale size={28} />} title={isSame && first.name !== "" ? t("same") : t("ask")}>
          {isSame && first.name !== "" ? t("sameHint") : t("askHint")}
        </EmptyState>
      ) : agreement.data === undefined ? (
        agreement.error ? (
          <ErrorState error={agreement.error} onRetry={() => void agreement.refetch()} />
        ) : (
          <Skeleton height={240} radius="sm" />
        )
      ) : agreement.data.pairs === 0 ? (
        <EmptyState icon={<Scale size={28} />} title={t("noPairs")}>
          {t("noPairsHint")}
        </EmptyState>
      ) : (
        <AgreementView agreement={agreement.data} first={first} second={second} />
      )}
    </div>
  );
}
