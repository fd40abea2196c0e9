import { Button } from "@mantine/core";
import { RotateCcw } from "lucide-react";
import { useMay } from "../../../api/me";
import { ConfirmButton } from "../../../widgets/cards/ConfirmButton";
import { useCardStrings } from "../../../widgets/cards/strings";
import { NeedsRole } from "../../../widgets/NeedsRole";
import classes from "./privacy.module.css";
import { usePrivacyStrings } from "./strings";

type SaveBarProps = {
  isChanged: boolean;
  isDefault: boolean;
  isSaving: boolean;
  isResetting: boolean;
  resetError: Error | null;
  onSave: () => void;
  onDiscard: () => void;
  onReset: (close: () => void) => void;
};

/** Stays in sight below the rules. */
export function SaveBar(props: SaveBarProps) {
  const t = usePrivacyStrings();
  const words = useCardStrings();
  const mayChange = useMay("admin");
  return (
    <footer className={classes.saving}>
      <span className="muted" role="status">
        {mayChange ? props.isChanged && t("unsaved") : t("readOnly")}
      </span>
      {!props.isDefault && mayChange && (
        <ConfirmButton
          label={t("reset")}
          question={t("resetQuestion")}
          explained={t("resetExplained")}
          isPending={props.isResetting}
          error={props.resetError}
          icon={<RotateCcw size={14} />}
          onConfirm={props.onReset}
        />
      )}
      {props.isChanged && <Button onClick={props.onDiscard}>{t("discard")}</Button>}
      <NeedsRole permission="admin">
        <Button variant="filled" loading={props.isSaving} disabled={!props.isChanged} onClick={props.onSave}>
          {words("save")}
        </Button>
      </NeedsRole>
    </footer>
  );
}
