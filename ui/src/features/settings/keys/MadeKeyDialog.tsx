import { Button, Group, Modal, Tabs } from "@mantine/core";
import type { MadeKey } from "../../../api/team";
import { CodeBlock } from "../../../widgets/CodeBlock";
import classes from "../settings.module.css";
import { environmentOf, langfuseOf, sdkOf } from "./snippets";
import { useKeyStrings } from "./strings";

const WAYS = [
  { word: "env", snippet: environmentOf },
  { word: "sdk", snippet: sdkOf },
  { word: "langfuse", snippet: langfuseOf },
] as const;

/** The secret, for the only time; closed by its button alone, so that no click beside it loses it. */
export function MadeKeyDialog(props: { apiKey: MadeKey; onClose: () => void }) {
  const t = useKeyStrings();
  const { apiKey } = props;
  return (
    <Modal
      opened
      size="lg"
      title={t("made")}
      onClose={props.onClose}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <div className={classes.form}>
        <p className={classes.hint}>{t("madeHint")}</p>
        <div>
          <b>{t("secret")}</b>
          <CodeBlock code={apiKey.secret_key} />
        </div>
        <div>
          <b>{t("publicKey")}</b>
          <CodeBlock code={apiKey.public_key} />
        </div>
        {apiKey.scopes.includes("ingest") && (
          <Tabs defaultValue="env" keepMounted={false}>
            <Tabs.List>
              {WAYS.map(({ word }) => (
                <Tabs.Tab key={word} value={word}>
                  {t(word)}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            {WAYS.map(({ word, snippet }) => (
              <Tabs.Panel key={word} value={word}>
                <CodeBlock code={snippet(apiKey, window.location.origin)} />
              </Tabs.Panel>
            ))}
          </Tabs>
        )}
        <Group justify="flex-end">
          <Button variant="filled" onClick={props.onClose}>
            {t("done")}
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
