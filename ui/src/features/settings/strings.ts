import { defineStrings } from "../../base/i18n";

export const useSettingsStrings = defineStrings({
  en: {
    title: "Settings",
    project: "Project",
    thresholds: "Thresholds",
    privacy: "Privacy",
    keys: "API keys",
    members: "Members",
    organization: "Organization",
    audit: "Audit log",
    account: "My account",
  },
  ko: {
    title: "설정",
    project: "프로젝트",
    thresholds: "임계값",
    privacy: "개인정보",
    keys: "API 키",
    members: "멤버",
    organization: "조직",
    audit: "감사 로그",
    account: "내 계정",
  },
});
