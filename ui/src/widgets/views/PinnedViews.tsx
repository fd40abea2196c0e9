import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { useProject } from "../../api/useProject";
import { savedViewsQuery, type ViewKind } from "../../api/views";
import { isShown, recordOf } from "./address";
import classes from "./views.module.css";

/** Views that somebody pinned, one click away. */
export function PinnedViews(props: { kind: ViewKind }) {
  const project = useProject();
  const { searchStr } = useLocation();
  const views = useQuery({ ...savedViewsQuery(project, props.kind), retry: false }).data ?? [];
  return views
    .filter((view) => view.is_pinned)
    .map((view) => (
      <Link
        key={view.id}
        to="."
        search={recordOf(view.search, project) as never}
        className={classes.pinned}
        data-active={isShown(searchStr, view.search) || undefined}
      >
        {view.name}
      </Link>
    ));
}
