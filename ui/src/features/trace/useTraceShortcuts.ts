import { useShortcuts } from "../../base/shortcuts";
import { nextNode } from "../../model/traceTree";
import { VIEWS } from "./search";
import { useTraceStrings } from "./strings";
import type { Node, Tree } from "./types";
import type { TraceSearchState } from "./useTraceSearch";
import type { TraceState } from "./useTraceState";

interface Wiring {
  readonly tree: Tree;
  readonly state: TraceState;
  /** The spans as the view that is open lists them: what "next" means. */
  readonly order: readonly Node[];
  readonly search: TraceSearchState;
  readonly focusSearch: () => void;
  readonly openPanel: () => void;
  readonly goToList: () => void;
  readonly goToNeighbour: (direction: 1 | -1) => void;
}

/** The page's keys: walking the tree, the matches, the errors, and the list it came from. */
export function useTraceShortcuts(wiring: Wiring): void {
  const t = useTraceStrings();
  const { tree, state, order, search } = wiring;
  const { actions } = state;
  const hasQuery = state.query !== "";

  const move = (distance: number) => {
    const current = actions.current();
    const at = current === null ? -1 : order.indexOf(current);
    const target = order[Math.min(order.length - 1, Math.max(0, at + distance))];
    if (target) actions.select(target);
  };
  const foldOrLeave = () => {
    const current = actions.current();
    if (current === null) return;
    if (current.children.length > 0 && !actions.isFolded(current)) actions.setFolded(current, true);
    else if (current.parent) actions.select(current.parent);
  };
  const unfoldOrEnter = () => {
    const current = actions.current();
    const child = current?.children[0];
    if (!current || !child) return;
    if (actions.isFolded(current)) actions.setFolded(current, false);
    else actions.select(child);
  };
  const goToError = (direction: 1 | -1) => {
    const isError = (node: Node) => node.span.status === "error";
    const error = nextNode(tree, actions.current()?.index ?? -1, direction, isError);
    if (error) actions.select(error);
  };

  useShortcuts(t("keysTitle"), [
    { keys: ["j", "ArrowDown"], label: t("keyNextSpan"), run: () => move(1) },
    { keys: ["k", "ArrowUp"], label: t("keyPreviousSpan"), run: () => move(-1) },
    { keys: ["PageDown"], label: t("keyPageDown"), run: () => move(20) },
    { keys: ["PageUp"], label: t("keyPageUp"), run: () => move(-20) },
    { keys: ["Home"], label: t("keyFirst"), run: () => move(-order.length) },
    { keys: ["End"], label: t("keyLast"), run: () => move(order.length) },
    { keys: ["ArrowLeft"], label: t("keyFold"), run: foldOrLeave },
    { keys: ["ArrowRight"], label: t("keyUnfold"), run: unfoldOrEnter },
    { keys: ["Enter"], label: t("keyOpen"), run: wiring.openPanel },
    { keys: ["e"], label: t("keyNextError"), run: () => goToError(1) },
    { keys: ["E"], label: t("keyPreviousError"), run: () => goToError(-1) },
    { keys: ["/"], label: t("search"), run: wiring.focusSearch },
    {
      keys: ["n"],
      label: t("keyNext"),
      run: () => (hasQuery ? search.step(1) : wiring.goToNeighbour(1)),
    },
    { keys: ["N"], label: t("keyPreviousMatch"), run: () => search.step(-1) },
    { keys: ["p"], label: t("keyPreviousTrace"), run: () => wiring.goToNeighbour(-1) },
    ...VIEWS.map((view, position) => ({
      keys: [String(position + 1)],
      label: t(view),
      run: () => actions.setView(view),
    })),
    {
      keys: ["Escape"],
      label: t("keyBack"),
      run: () => (hasQuery ? actions.setQuery("") : wiring.goToList()),
    },
  ]);
}
