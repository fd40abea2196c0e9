import { Skeleton, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type DistributionBin, type ScoreSelection, scoreDistributionQuery } from "../../../api/scores";
import { formatCount, formatPercent } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { formatNumber } from "../../../model/estimates";
import { Problem } from "../../../widgets/cards/Problem";
import classes from "../parts/scores.module.css";
import { useScoresStrings } from "../strings";

/** How the values spread, had everything been judged. */
export function Distribution(props: { scope: ScoreSelection; of: { name: string; data_type: string } }) {
  const t = useScoresStrings();
  const distribution = useQuery(scoreDistributionQuery(props.scope, props.of));
  const { data } = distribution;
  return (
    <section className={classes.panel}>
      <div className={classes.head}>
        <h2>{t("distribution")}</h2>
      </div>
      <Problem error={distribution.error} />
      {distribution.isPending && <Skeleton height={150} />}
      {data && (data.data_type === "numeric" ? <Bins bins={data.bins} /> : <Bars bins={data.bins} />)}
    </section>
  );
}

function Bins(props: { bins: readonly DistributionBin[] }) {
  const { bins } = props;
  const top = Math.max(...bins.map((bin) => bin.share), 1e-9);
  return (
    <>
      <div className={classes.bins}>
        {bins.map((bin) => (
          <Labelled key={bin.low} bin={bin} label={`${formatNumber(bin.low)} – ${formatNumber(bin.high)}`}>
            <div className={classes.bin} style={{ height: `${(bin.share / top) * 100}%` }} />
          </Labelled>
        ))}
      </div>
      {bins.length > 0 && (
        <div className={classes.ends}>
          <span>{formatNumber(bins[0]?.low ?? null)}</span>
          <span>{formatNumber(bins.at(-1)?.high ?? null)}</span>
        </div>
      )}
    </>
  );
}

function Bars(props: { bins: readonly DistributionBin[] }) {
  return (
    <div className={classes.bars}>
      {props.bins.map((bin) => (
        <Labelled key={bin.category} bin={bin} label={bin.category ?? ""}>
          <div style={{ display: "contents" }}>
            <span className={classes.words}>{bin.category}</span>
            <div className={classes.track}>
              <div className={classes.fill} style={{ width: `${bin.share * 100}%` }} />
            </div>
            <span>{formatPercent(bin.share)}</span>
          </div>
        </Labelled>
      ))}
    </div>
  );
}

function Labelled(props: { bin: DistributionBin; label: string; children: React.ReactNode }) {
  const t = useScoresStrings();
  const language = useLanguage();
  const { share, count } = props.bin;
  const label = t("binLabel", {
    label: props.label,
    share: formatPercent(share),
    count: formatCount(count, language),
  });
  return <Tooltip label={label}>{props.children as React.ReactElement}</Tooltip>;
}
