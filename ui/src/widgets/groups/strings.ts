import { defineStrings } from "../../base/i18n";

/** Words that lists of sessions, users and the like share. */
export const useGroupWords = defineStrings({
  en: {
    sortBy: (n: { column: string }) => `Sort by ${n.column}`,
    next: "Next row",
    previous: "Previous row",
    open: "Open it",
    focusFilter: "Go to the filter",
    refresh: "Refresh",
    qualityOf: (n: { count: number }) => `Mean of ${n.count} scores from 0 to 1`,
  },
  ko: {
    sortBy: (n) => `${n.column} 순으로 정렬`,
    next: "다음 행",
    previous: "이전 행",
    open: "열기",
    focusFilter: "필터로 가기",
    refresh: "새로 고침",
    qualityOf: (n) => `0~1 점수 ${n.count}개의 평균`,
  },
});
