import { defineStrings } from "../../base/i18n";

/** Words that all pages about alerts share. */
export const useAlertStrings = defineStrings({
  en: {
    title: "Alerts",
    alerts: "Alerts",
    rules: "Rules",
    silences: "Silences",
    receivers: "Receivers",
    budgets: "Budgets",
    cancel: "Cancel",
    save: "Save",
    remove: "Delete",
    edit: "Edit",
    failed: "That did not work",
    stale: "Not up to date: the server does not answer.",
  },
  ko: {
    title: "알림",
    alerts: "알림",
    rules: "규칙",
    silences: "무음",
    receivers: "수신자",
    budgets: "예산",
    cancel: "취소",
    save: "저장",
    remove: "삭제",
    edit: "편집",
    failed: "처리하지 못했습니다",
    stale: "최신 상태가 아닙니다. 서버가 응답하지 않습니다.",
  },
});
