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
  },
  ko: {
    title: "알림",
    alerts: "알림",
    rules: "규칙",
    silences: "무음",
    receivers: "수신자",
    budgets: "예산",
  },
});
