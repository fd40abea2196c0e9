import { defineStrings } from "../../base/i18n";

/** Words of cards and of the dialogs that change them. */
export const useCardStrings = defineStrings({
  en: {
    cancel: "Cancel",
    save: "Save",
    remove: "Delete",
    edit: "Edit",
    failed: "That did not work",
    stale: "Not up to date: the server does not answer.",
  },
  ko: {
    cancel: "취소",
    save: "저장",
    remove: "삭제",
    edit: "편집",
    failed: "처리하지 못했습니다",
    stale: "최신 상태가 아닙니다. 서버가 응답하지 않습니다.",
  },
});
