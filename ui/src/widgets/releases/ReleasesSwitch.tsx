import { Switch } from "@mantine/core";
import { defineStrings } from "../../base/i18n";
import { useReleasesShown } from "./useReleases";

const useStrings = defineStrings({
  en: { mark: "Mark releases on charts" },
  ko: { mark: "차트에 릴리스 표시" },
});

/** Shows or hides the lines where releases began, on all charts. */
export function ReleasesSwitch() {
  const t = useStrings();
  const [isShown, setShown] = useReleasesShown();
  return (
    <Switch
      size="xs"
      label={t("mark")}
      checked={isShown}
      onChange={(event) => setShown(event.currentTarget.checked)}
    />
  );
}
