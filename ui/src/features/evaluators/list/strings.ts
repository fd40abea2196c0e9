import { defineStrings } from "../../../base/i18n";

export const useListStrings = defineStrings({
  en: {
    add: "New evaluator",
    none: "Nothing is evaluated yet",
    noneHint:
      "An evaluator scores a share of the answers while they happen: a model that judges by a rubric, a check of your own, or one that is built in. Begin with one; it judges what comes in from now on.",
    pause: "Pause",
    start: "Start",
    sampled: (n: { share: string; what: string; filter: string }) =>
      n.filter === "" ? `${n.share} of all ${n.what}` : `${n.share} of ${n.what} with ${n.filter}`,
    gives: "gives",
    scored: (n: { count: string }) => `${n.count} scored`,
    failed: (n: { count: string }) => `${n.count} failed`,
    lag: "behind",
    lagHint: "How far it is behind what is stored, its delay for late spans included.",
    upToDate: "up to date",
    spent: (n: { spent: string; budget: string }) => `${n.spent} of ${n.budget} today`,
    spentNoBudget: (n: { spent: string }) => `${n.spent} today`,
    month: (n: { usd: string }) => `${n.usd} in 30 days`,
    unpriced: (n: { count: number }) => `${n.count} calls without a price`,
    removeQuestion: "Delete this evaluator?",
    removeExplained: (n: { name: string }) =>
      `“${n.name}” with its failures, runs and spend. The scores it gave stay.`,
  },
  ko: {
    add: "새 평가기",
    none: "아직 평가하는 것이 없습니다",
    noneHint:
      "평가기는 답변의 일부를 실시간으로 채점합니다. 루브릭으로 판단하는 모델, 직접 만든 검사, 내장 검사를 쓸 수 있습니다. 하나를 만들면 지금부터 들어오는 것을 평가합니다.",
    pause: "일시 중지",
    start: "시작",
    sampled: (n) =>
      n.filter === "" ? `모든 ${n.what}의 ${n.share}` : `${n.filter}인 ${n.what}의 ${n.share}`,
    gives: "점수",
    scored: (n) => `${n.count}건 채점`,
    failed: (n) => `${n.count}건 실패`,
    lag: "지연",
    lagHint: "저장된 것보다 얼마나 뒤에 있는지. 늦게 오는 스팬을 기다리는 시간을 포함합니다.",
    upToDate: "최신",
    spent: (n) => `오늘 ${n.budget} 중 ${n.spent}`,
    spentNoBudget: (n) => `오늘 ${n.spent}`,
    month: (n) => `30일 ${n.usd}`,
    unpriced: (n) => `가격을 모르는 호출 ${n.count}건`,
    removeQuestion: "이 평가기를 삭제할까요?",
    removeExplained: (n) => `“${n.name}”과 실패, 실행, 지출 기록을 삭제합니다. 이미 준 점수는 남습니다.`,
  },
});
