import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { formatCount } from "../../base/format";
import { useLanguage } from "../../base/i18n";
import { ErrorState } from "../ErrorState";
import classes from "./ListFooter.module.css";
import { useListWords } from "./strings";

type Pages = Pick<UseInfiniteQueryResult, "error" | "fetchNextPage" | "hasNextPage" | "isFetchNextPageError">;

/** What stands below the last loaded item: more to come, the end, or why the next page failed. */
export function ListFooter(props: { list: Pages; count: number }) {
  const words = useListWords();
  const language = useLanguage();
  const { list } = props;
  if (list.isFetchNextPageError && list.error !== null) {
    return <ErrorState error={list.error} onRetry={() => void list.fetchNextPage()} />;
  }
  return (
    <div className={classes.footer}>
      {list.hasNextPage ? words("loadingMore") : words("end", { count: formatCount(props.count, language) })}
    </div>
  );
}
