import { defineStrings } from "../../../base/i18n";

export const useOrganizationStrings = defineStrings({
  en: {
    name: "Name of the organization",
    projects: "Projects",
    projectsHint: "Each has its own traces, keys, members and settings; none sees another's.",
    projectsMine: "Those that you are a member of. An admin of the organization makes new ones.",
    add: "New project",
    addName: "Name",
    addHint: "Letters a-z, digits, - _ .",
    create: "Create",
    rename: "Rename",
    forever: "keeps data for ever",
    days: (n: { days: number }) => `keeps data for ${n.days} days`,
    open: "Open",
    current: "open now",
  },
  ko: {
    name: "조직 이름",
    projects: "프로젝트",
    projectsHint: "프로젝트마다 트레이스, 키, 멤버, 설정이 따로 있으며 서로 볼 수 없습니다.",
    projectsMine: "내가 속한 프로젝트입니다. 새 프로젝트는 조직 관리자가 만듭니다.",
    add: "새 프로젝트",
    addName: "이름",
    addHint: "a-z, 숫자, - _ .",
    create: "만들기",
    rename: "이름 바꾸기",
    forever: "데이터를 무기한 보관",
    days: (n) => `데이터를 ${n.days}일 보관`,
    open: "열기",
    current: "열려 있음",
  },
});
