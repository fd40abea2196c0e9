import { Button, Group, Modal } from "@mantine/core";
import { CodeBlock } from "../../../widgets/CodeBlock";
import classes from "../settings.module.css";
import { useMemberStrings } from "./strings";

/** A link that is shown once: closed by its button alone. */
export function LinkDialog(props: { title: string; hint: string; link: string; onClose: () => void }) {
  const t = useMemberStrings();
  return (
    <Modal
      opened
      title={props.title}
      onClose={props.onClose}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <div className={classes.form}>
        <p className={classes.hint}>{props.hint}</p>
        <CodeBlock code={props.link} />
        <Group justify="flex-end">
          <Button variant="filled" onClick={props.onClose}>
            {t("done")}
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
