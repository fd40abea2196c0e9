import { defineStrings } from "../../base/i18n";

export const useEstimateStrings = defineStrings({
  en: {
    day: "A day like the last one",
    targets: (n: { count: string }) => `${n.count} would be judged`,
    scored: (n: { count: string }) => `${n.count} more have a score already`,
    cost: (n: { usd: string; low: string; high: string }) => `about ${n.usd} (${n.low} to ${n.high})`,
    free: "costs nothing",
    unknown: "what it costs is not known",
    noTraffic: "nothing to tell the cost from yet",
    recent_calls: "By what its latest calls took.",
    prompts: (n: { count: number }) => `By ${n.count} prompts that it would send.`,
    duration: (n: { duration: string }) => `takes about ${n.duration}`,
    overBudget: (n: { budget: string }) => `More than the budget of ${n.budget}: it would pause.`,
  },
  ko: {
    day: "지난 하루와 같다면",
    targets: (n) => `${n.count}건을 평가합니다`,
    scored: (n) => `${n.count}건은 이미 점수가 있습니다`,
    cost: (n) => `약 ${n.usd} (${n.low}~${n.high})`,
    free: "비용 없음",
    unknown: "비용을 알 수 없음",
    noTraffic: "아직 비용을 추정할 것이 없음",
    recent_calls: "최근 호출 기준입니다.",
    prompts: (n) => `보내게 될 프롬프트 ${n.count}건 기준입니다.`,
    duration: (n) => `약 ${n.duration} 걸림`,
    overBudget: (n) => `예산 ${n.budget}보다 많습니다. 도중에 멈춥니다.`,
  },
});
