import { ActionIcon, Button, Group, Modal, Tooltip } from "@mantine/core";
import { Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { type Permission, useMay } from "../../api/me";
import { useWidgetStrings } from "../strings";
import { Problem } from "./Problem";
import { useCardStrings } from "./strings";

type ConfirmProps = {
  label: string;
  question: string;
  explained: string;
  isPending: boolean;
  error: Error | null;
  /** Told how to close the question, which it does when it worked. */
  onConfirm: (close: () => void) => void;
  icon?: ReactNode;
  /** Who may do it; for others the button is asleep, and says so. */
  permission?: Permission;
};

/** Asks once before what cannot be taken back. */
export function ConfirmButton(props: ConfirmProps) {
  const t = useCardStrings();
  const words = useWidgetStrings();
  const permission = props.permission ?? "edit";
  const may = useMay(permission);
  const label = may ? props.label : words(permission === "admin" ? "forAdmins" : "forEditors");
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Tooltip label={label}>
        {/* A disabled button hears no mouse: what says why stands around it. */}
        <span style={{ display: "inline-flex" }}>
          <ActionIcon
            size="sm"
            aria-label={props.label}
            title={may ? undefined : label}
            disabled={!may}
            onClick={() => setAsking(true)}
          >
            {props.icon ?? <Trash2 size={14} />}
          </ActionIcon>
        </span>
      </Tooltip>
      <Modal opened={isAsking} onClose={() => setAsking(false)} title={props.question}>
        <p>{props.explained}</p>
        <Problem error={props.error} />
        <Group justify="flex-end" gap="xs" mt="sm">
          <Button onClick={() => setAsking(false)}>{t("cancel")}</Button>
          <Button
            color="red"
            variant="filled"
            loading={props.isPending}
            onClick={() => props.onConfirm(() => setAsking(false))}
          >
            {props.label}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
