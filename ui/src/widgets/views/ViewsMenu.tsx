import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { Bookmark } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { ViewKind } from "../../api/views";
import { PinnedViews } from "./PinnedViews";
import { useViewWords } from "./strings";

/** What it offers comes when it is opened. */
const ViewsDropdown = lazy(() => import("./ViewsDropdown").then((file) => ({ default: file.ViewsDropdown })));

/** The page's saved views: open one, keep what is shown now; pinned ones stand beside it. */
export function ViewsMenu(props: { kind: ViewKind }) {
  const t = useViewWords();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <PinnedViews kind={props.kind} />
      <Menu opened={isOpen} onChange={setOpen} position="bottom-end" width={320} closeOnItemClick={false}>
        <Menu.Target>
          <Tooltip label={t("views")} disabled={isOpen}>
            <ActionIcon aria-label={t("views")}>
              <Bookmark size={16} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {isOpen && (
            <Suspense fallback={null}>
              <ViewsDropdown kind={props.kind} onClose={() => setOpen(false)} />
            </Suspense>
          )}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
