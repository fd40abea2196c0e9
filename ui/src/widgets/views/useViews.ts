import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useProject } from "../../api/useProject";
import { changeView, createView, deleteView, type SavedView, type ViewKind } from "../../api/views";

type Change = Parameters<typeof changeView>[2];
type Done = { kind: "updated" | "removed"; name: string; undo: () => void };

/** Changes saved views, and takes the last change back. */
export function useViews(kind: ViewKind) {
  const project = useProject();
  const queryClient = useQueryClient();
  const [done, setDone] = useState<Done | null>(null);
  const acting = useMutation({
    mutationFn: (act: () => Promise<unknown>) => act(),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["saved-views"] }),
  });
  const act = (change: () => Promise<unknown>, told: Done | null) =>
    acting.mutate(change, { onSuccess: () => setDone(told) });

  const change = (id: string, part: Change) => act(() => changeView(project, id, part), null);
  const update = (view: SavedView, search: string) =>
    act(() => changeView(project, view.id, { search }), {
      kind: "updated",
      name: view.name,
      undo: () => change(view.id, { search: view.search }),
    });
  const remove = (view: SavedView) =>
    act(() => deleteView(project, view.id), {
      kind: "removed",
      name: view.name,
      undo: () => act(() => createView(project, { ...inputOf(view), kind }), null),
    });
  return { change, update, remove, done, error: acting.error };
}

function inputOf(view: SavedView) {
  const { name, search, is_shared, is_pinned } = view;
  return { name, search, is_shared, is_pinned };
}
