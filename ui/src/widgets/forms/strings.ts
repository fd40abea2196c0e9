import { defineStrings } from "../../base/i18n";

export const useFormStrings = defineStrings({
  en: { notJson: "This is not JSON" },
  ko: { notJson: "JSON이 아닙니다" },
});
