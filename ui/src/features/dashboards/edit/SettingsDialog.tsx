import { Button, Group, Modal, Select, Tabs, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { DashboardDocument } from "../../../model/dashboards/document";
import { TimeRangePicker } from "../../../widgets/list/TimeRangePicker";
import { REFRESHES } from "../../../widgets/scope/scopeSearch";
import { useDashboardStrings } from "../strings";
import { AnnotationsForm } from "./AnnotationsForm";
import { VariablesForm } from "./VariablesForm";

type SettingsProps = {
  board: DashboardDocument;
  onApply: (part: Partial<DashboardDocument>) => void;
  onClose: () => void;
};

/** What is the dashboard's own: title, range, variables, annotations. */
export function SettingsDialog(props: SettingsProps) {
  const t = useDashboardStrings();
  const [board, setBoard] = useState(props.board);
  const change = (part: Partial<DashboardDocument>) => setBoard((before) => ({ ...before, ...part }));
  const { title, description, tags, time, refresh, variables, annotations } = board;
  return (
    <Modal opened onClose={props.onClose} title={t("settings")} size="xl">
      <Tabs defaultValue="general" keepMounted={false}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="general">{t("general")}</Tabs.Tab>
          <Tabs.Tab value="variables">{t("variables")}</Tabs.Tab>
          <Tabs.Tab value="annotations">{t("annotations")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="general">
          <TextInput
            label={t("panelTitle")}
            maxLength={200}
            data-autofocus
            value={title}
            onChange={(event) => change({ title: event.currentTarget.value })}
          />
          <Textarea
            mt="xs"
            label={t("description")}
            autosize
            minRows={2}
            value={description}
            onChange={(event) => change({ description: event.currentTarget.value })}
          />
          <TagsInput mt="xs" label={t("tags")} value={tags} onChange={(next) => change({ tags: next })} />
          <Group mt="sm" gap="sm" align="end">
            <div>
              <div className="muted">{t("opensAt")}</div>
              <TimeRangePicker range={time} onChange={(next) => change({ time: next })} />
            </div>
            <Select
              label={t("refresh")}
              allowDeselect={false}
              data={REFRESHES.map((every) => ({
                value: every,
                label: every === "off" ? t("refreshOff") : t("refreshEvery", { every }),
              }))}
              value={refresh}
              onChange={(every) => change({ refresh: (every ?? "off") as DashboardDocument["refresh"] })}
            />
          </Group>
        </Tabs.Panel>
        <Tabs.Panel value="variables">
          <VariablesForm variables={variables} onChange={(next) => change({ variables: next })} />
        </Tabs.Panel>
        <Tabs.Panel value="annotations">
          <AnnotationsForm annotations={annotations} onChange={(next) => change({ annotations: next })} />
        </Tabs.Panel>
      </Tabs>
      <Group justify="flex-end" gap="xs" mt="md">
        <Button onClick={props.onClose}>{t("cancel")}</Button>
        <Button
          variant="filled"
          disabled={title.trim() === ""}
          onClick={() =>
            props.onApply({ title: title.trim(), description, tags, time, refresh, variables, annotations })
          }
        >
          {t("apply")}
        </Button>
      </Group>
    </Modal>
  );
}
