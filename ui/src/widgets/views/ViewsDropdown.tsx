import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { Pencil, Pin, PinOff, Plus, Save, Trash2, Users } from "lucide-react";
import { useState } from "react";
import { useMay } from "../../api/me";
import { useProject } from "../../api/useProject";
import { type SavedView, savedViewsQuery, type ViewKind } from "../../api/views";
import { Problem } from "../cards/Problem";
import { useCardStrings } from "../cards/strings";
import { isShown, recordOf, searchOf } from "./address";
import { useViewWords } from "./strings";
import { useViews } from "./useViews";
import { ViewForm } from "./ViewForm";
import classes from "./views.module.css";

/** The list of saved views, and what can be done with them. */
export function ViewsDropdown(props: { kind: ViewKind; onClose: () => void }) {
  const t = useViewWords();
  const words = useCardStrings();
  const project = useProject();
  const navigate = useNavigate();
  const mayEdit = useMay("edit");
  const { searchStr } = useLocation();
  const answer = useQuery(savedViewsQuery(project, props.kind));
  const views = useViews(props.kind);
  const [form, setForm] = useState<SavedView | "new" | null>(null);
  const items = answer.data ?? [];
  const open = (view: SavedView) => {
    void navigate({ to: ".", search: recordOf(view.search, project) as never });
    props.onClose();
  };
  if (form !== null)
    return (
      <ViewForm
        kind={props.kind}
        view={form === "new" ? null : form}
        search={searchOf(searchStr)}
        mayShare={mayEdit}
        onDone={() => setForm(null)}
      />
    );
  return (
    <>
      <Menu.Label>{t("views")}</Menu.Label>
      {items.length === 0 && !answer.isPending && <p className={classes.none}>{t("none")}</p>}
      <div className={classes.list}>
        {items.map((view) => {
          const mayChange = mayEdit || (view.is_own && !view.is_shared);
          return (
            <div
              key={view.id}
              className={classes.item}
              data-active={isShown(searchStr, view.search) || undefined}
            >
              <Menu.Item className={classes.name} onClick={() => open(view)}>
                {view.name}
                {view.is_shared && <Users size={11} aria-label={t("shared")} className={classes.shared} />}
              </Menu.Item>
              {mayChange && (
                <span className={classes.actions}>
                  {!isShown(searchStr, view.search) && (
                    <Act label={t("update")} onClick={() => views.update(view, searchOf(searchStr))}>
                      <Save size={13} />
                    </Act>
                  )}
                  <Act
                    label={view.is_pinned ? t("unpin") : t("pin")}
                    onClick={() => views.change(view.id, { is_pinned: !view.is_pinned })}
                  >
                    {view.is_pinned ? <PinOff size={13} /> : <Pin size={13} />}
                  </Act>
                  <Act label={words("edit")} onClick={() => setForm(view)}>
                    <Pencil size={13} />
                  </Act>
                  <Act label={words("remove")} onClick={() => views.remove(view)}>
                    <Trash2 size={13} />
                  </Act>
                </span>
              )}
            </div>
          );
        })}
      </div>
      <Problem error={answer.error ?? views.error} />
      <div className={classes.foot}>
        {views.done && (
          <span role="status" className={classes.done}>
            {t(views.done.kind, { name: views.done.name })}
            <button type="button" className={classes.undo} onClick={views.done.undo}>
              {t("undo")}
            </button>
          </span>
        )}
        <Button leftSection={<Plus size={13} />} onClick={() => setForm("new")}>
          {t("save")}
        </Button>
      </div>
    </>
  );
}

function Act(props: { label: string; onClick: () => void; children: React.ReactNode }) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon size="sm" aria-label={props.label} onClick={props.onClick}>
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}
