import { ActionIcon, Button, Group, Menu, Modal, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import {
  ArrowLeft,
  Copy,
  Download,
  EllipsisVertical,
  Heading,
  Link2,
  Pencil,
  Plus,
  Redo2,
  Save,
  Settings2,
  Trash2,
  Undo2,
} from "lucide-react";
import { useState } from "react";
import { type Dashboard, deleteDashboard } from "../../api/dashboards";
import { useMay } from "../../api/me";
import { useProject } from "../../api/useProject";
import { toRfc3339 } from "../../base/time";
import { CopyButton } from "../../widgets/CopyButton";
import { Problem } from "../../widgets/cards/Problem";
import classes from "./DashboardPage.module.css";
import { downloadDocument } from "./download";
import { StarButton } from "./list/StarButton";
import { useDashboardStrings } from "./strings";
import type { Draft } from "./useDraft";
import type { Saving } from "./useSaving";

type HeadProps = {
  dashboard: Dashboard;
  draft: Draft;
  saving: Saving;
  canEdit: boolean;
  isEditing: boolean;
  onEditing: (isEditing: boolean) => void;
  onAdd: (kind: "line" | "row") => void;
  onSettings: () => void;
  range: { from: number; to: number };
};

/** Title and tools of a dashboard. */
export function DashboardHead(props: HeadProps) {
  const t = useDashboardStrings();
  const { dashboard, draft, saving, canEdit, isEditing } = props;
  const isStored = dashboard.version > 0;
  return (
    <header className={classes.head}>
      <Tooltip label={t("toList")}>
        <ActionIcon
          aria-label={t("toList")}
          renderRoot={(root) => <Link {...root} to="/dashboards" search={{ list: "1" }} />}
        >
          <ArrowLeft size={16} />
        </ActionIcon>
      </Tooltip>
      <h1 className={classes.title}>{draft.document.title}</h1>
      {isStored && <StarButton dashboard={dashboard} />}
      {draft.isChanged && <span className={classes.unsaved}>{t("unsaved")}</span>}
      <div className={classes.tools}>
        {isEditing && canEdit && <EditTools {...props} />}
        {!isEditing && canEdit && (
          <Button leftSection={<Pencil size={14} />} onClick={() => props.onEditing(true)}>
            {t("edit")}
          </Button>
        )}
        {!canEdit && <CopyTool {...props} />}
        {isEditing && canEdit && (
          <Button
            variant="filled"
            leftSection={<Save size={14} />}
            loading={saving.isSaving}
            disabled={isStored && !draft.isChanged}
            onClick={saving.save}
          >
            {t("save")}
          </Button>
        )}
        <CopyButton
          value={() => absoluteLink(props.range)}
          label={t("copyLink")}
          icon={<Link2 size={15} />}
        />
        <MoreMenu {...props} isStored={isStored} />
      </div>
      <div className={classes.problem}>
        <Problem error={saving.error} />
      </div>
      <ConflictDialog {...props} />
    </header>
  );
}

function EditTools(props: HeadProps) {
  const t = useDashboardStrings();
  const { draft } = props;
  return (
    <>
      <Button leftSection={<Plus size={14} />} onClick={() => props.onAdd("line")}>
        {t("addPanel")}
      </Button>
      <Tooltip label={t("addRow")}>
        <ActionIcon aria-label={t("addRow")} onClick={() => props.onAdd("row")}>
          <Heading size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t("settings")}>
        <ActionIcon aria-label={t("settings")} onClick={props.onSettings}>
          <Settings2 size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t("undo")}>
        <ActionIcon aria-label={t("undo")} disabled={!draft.canUndo} onClick={draft.undo}>
          <Undo2 size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t("redo")}>
        <ActionIcon aria-label={t("redo")} disabled={!draft.canRedo} onClick={draft.redo}>
          <Redo2 size={15} />
        </ActionIcon>
      </Tooltip>
      {props.dashboard.version > 0 && !draft.isChanged && (
        <Button onClick={() => props.onEditing(false)}>{t("done")}</Button>
      )}
    </>
  );
}

/** What may not be changed is copied. */
function CopyTool(props: HeadProps) {
  const t = useDashboardStrings();
  const mayEdit = useMay("edit");
  const { draft, saving } = props;
  return (
    <Tooltip label={mayEdit ? t("isShipped") : t("needsEdit")}>
      <Button
        leftSection={<Copy size={14} />}
        data-disabled={!mayEdit || undefined}
        aria-disabled={!mayEdit}
        loading={saving.isSaving}
        onClick={() => mayEdit && saving.saveCopy(t("copyOf", { title: draft.document.title }))}
      >
        {t("makeCopy")}
      </Button>
    </Tooltip>
  );
}

function MoreMenu(props: HeadProps & { isStored: boolean }) {
  const t = useDashboardStrings();
  const { draft, saving, canEdit } = props;
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={t("more")}>
            <EllipsisVertical size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Download size={14} />} onClick={() => downloadDocument(draft.document)}>
            {t("exportJson")}
          </Menu.Item>
          {canEdit && props.isStored && (
            <Menu.Item
              leftSection={<Copy size={14} />}
              onClick={() => saving.saveCopy(t("copyOf", { title: draft.document.title }))}
            >
              {t("makeCopy")}
            </Menu.Item>
          )}
          {canEdit && props.isStored && (
            <Menu.Item color="red" leftSection={<Trash2 size={14} />} onClick={() => setAsking(true)}>
              {t("deleteIt")}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {isAsking && <DeleteDialog {...props} onClose={() => setAsking(false)} />}
    </>
  );
}

function DeleteDialog(props: HeadProps & { onClose: () => void }) {
  const t = useDashboardStrings();
  const project = useProject();
  const client = useQueryClient();
  const navigate = useNavigate();
  const removal = useMutation({
    mutationFn: () => deleteDashboard(project, props.dashboard.id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["dashboards", project] });
      void navigate({ to: "/dashboards", search: { list: "1" }, ignoreBlocker: true });
    },
  });
  return (
    <Modal opened onClose={props.onClose} title={t("deleteQuestion")}>
      <p>{t("deleteExplained")}</p>
      <Problem error={removal.error} />
      <Group justify="flex-end" gap="xs" mt="sm">
        <Button onClick={props.onClose}>{t("cancel")}</Button>
        <Button color="red" variant="filled" loading={removal.isPending} onClick={() => removal.mutate()}>
          {t("deleteIt")}
        </Button>
      </Group>
    </Modal>
  );
}

function ConflictDialog(props: HeadProps) {
  const t = useDashboardStrings();
  const { saving, draft } = props;
  const [isOpen, setOpen] = useState(true);
  const theirs = saving.conflict;
  if (theirs === null) return null;
  return (
    <Modal
      opened={isOpen}
      onClose={() => setOpen(false)}
      onExitTransitionEnd={() => setOpen(true)}
      title={t("conflictTitle")}
    >
      <p>{t("conflictText", { who: theirs.updated_by ?? "", version: theirs.version })}</p>
      <Group justify="flex-end" gap="xs" mt="sm">
        <Button onClick={saving.takeTheirs}>{t("takeTheirs")}</Button>
        <Button onClick={() => saving.saveCopy(t("copyOf", { title: draft.document.title }))}>
          {t("saveCopy")}
        </Button>
        <Button variant="filled" onClick={saving.replaceTheirs} loading={saving.isSaving}>
          {t("replaceTheirs")}
        </Button>
      </Group>
    </Modal>
  );
}

/** The same moments however often it is opened. */
function absoluteLink(range: { from: number; to: number }): string {
  const url = new URL(window.location.href);
  url.searchParams.set("from", toRfc3339(range.from));
  url.searchParams.set("to", toRfc3339(range.to));
  return url.toString();
}
