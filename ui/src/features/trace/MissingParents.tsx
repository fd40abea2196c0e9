import { Unlink } from "lucide-react";
import { formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { useTraceStrings } from "./strings";
import classes from "./TracePage.module.css";
import type { Tree } from "./types";

/** Says that the picture is incomplete, instead of drawing a tree that looks whole. */
export function MissingParents(props: { tree: Tree }) {
  const t = useTraceStrings();
  const language = useLanguage();
  const count = props.tree.orphanCount;
  if (count === 0) return null;
  return (
    <div className={classes.banner} role="status" title={t("missingHelp")}>
      <Unlink size={14} aria-hidden />
      {count === 1 ? t("missingOne") : t("missingMany", { count: formatCount(count, language) })}
      <span className={classes.bannerHelp}>{t("missingHelp")}</span>
    </div>
  );
}
