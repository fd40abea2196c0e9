import { ActionIcon, Button, Group, Modal, Tooltip } from "@mantine/core";
import { Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
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
};

/** Asks once before what cannot be taken back. */
export function ConfirmButton(props: ConfirmProps) {
  const t = useCardStrings();
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Tooltip label={props.label}>
        <ActionIcon size="sm" aria-label={props.label} onClick={() => setAsking(true)}>
          {props.icon ?? <Trash2 size={14} />}
        </ActionIcon>
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
