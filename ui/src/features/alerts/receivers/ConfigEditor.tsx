import { Button, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type NotificationConfig, putNotificationConfig } from "../../../api/alerting";
import { useProject } from "../../../api/useProject";
import classes from "../../../widgets/cards/cards.module.css";
import { Problem } from "../../../widgets/cards/Problem";
import { useCardStrings } from "../../../widgets/cards/strings";
import { YamlEditor } from "../../../widgets/code/YamlEditor";
import { useReceiverStrings } from "./strings";

/** What a first configuration looks like. */
const FIRST = `route:
  receiver: team
  group_by: [alertname, service]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
receivers:
  - name: team
    slack_configs:
      - api_url: https://hooks.slack.com/services/...
        channel: "#llm-alerts"
`;

export function ConfigEditor(props: { config: NotificationConfig; onClose: () => void }) {
  const t = useReceiverStrings();
  const words = useCardStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const [text, setText] = useState(props.config.yaml || FIRST);
  const saving = useMutation({
    mutationFn: () => putNotificationConfig(project, text),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["notification-config"] });
      await queryClient.invalidateQueries({ queryKey: ["receivers"] });
      props.onClose();
    },
  });
  return (
    <Modal
      opened
      onClose={props.onClose}
      size="xl"
      title={t("title")}
      closeOnClickOutside={false}
      closeOnEscape={text === (props.config.yaml || FIRST)}
    >
      <p className="muted">{t("explained")}</p>
      <YamlEditor value={text} label={t("title")} onChange={setText} />
      <Problem error={saving.error} />
      <footer className={classes.foot}>
        <Button onClick={props.onClose}>{words("cancel")}</Button>
        <Button variant="filled" loading={saving.isPending} onClick={() => saving.mutate()}>
          {words("save")}
        </Button>
      </footer>
    </Modal>
  );
}
