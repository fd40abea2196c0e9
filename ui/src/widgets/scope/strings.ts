import { defineStrings } from "../../base/i18n";

export const useScopeStrings = defineStrings({
  en: {
    scope: "What is shown",
    filterPlaceholder: "Filter, for example service:rag-api model:gpt-*",
    compare: "Compared with",
    previous: "the time before",
    day: "a day before",
    week: "a week before",
    off: "nothing",
    refresh: "Refresh",
    every: "Refresh by itself",
    never: "by hand",
    everyTime: (n: { time: string }) => `every ${n.time}`,
    updated: (n: { ago: string }) => `Updated ${n.ago}`,
    copyLink: "Copy a link to exactly this view",
  },
  ko: {
    scope: "보는 범위",
    filterPlaceholder: "필터, 예: service:rag-api model:gpt-*",
    compare: "비교 대상",
    previous: "바로 앞 기간",
    day: "하루 전",
    week: "일주일 전",
    off: "비교 안 함",
    refresh: "새로고침",
    every: "자동 새로고침",
    never: "직접",
    everyTime: (n) => `${n.time}마다`,
    updated: (n) => `${n.ago} 업데이트`,
    copyLink: "지금 보는 화면의 링크 복사",
  },
});
