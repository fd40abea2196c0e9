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
    authOff: "Nobody signs in here",
    authOffHint:
      "This server runs on a loopback address and lets everybody on this machine in. To have people sign in, each with a role, start it so:",
    viewer: "Viewer",
    editor: "Editor",
    admin: "Admin",
    viewerHint: "reads everything",
    editorHint: "also changes rules, dashboards, evaluators, datasets, scores",
    adminHint: "also deletes, gives keys and lets people in",
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
    authOff: "로그인을 쓰지 않는 서버입니다",
    authOffHint:
      "이 서버는 루프백 주소에서 실행되며 같은 컴퓨터의 모든 사용자를 허용합니다. 역할을 가진 사람들이 로그인하게 하려면 이렇게 시작하세요.",
    viewer: "뷰어",
    editor: "편집자",
    admin: "관리자",
    viewerHint: "모두 볼 수 있음",
    editorHint: "규칙, 대시보드, 평가기, 데이터셋, 점수도 변경",
    adminHint: "삭제, 키 발급, 초대도 가능",
  },
});
