import { ActionIcon, Tooltip } from "@mantine/core";
import { Share2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useMay } from "../../api/me";
import { usePublicStrings } from "./strings";

const ShareDialog = lazy(() => import("./ShareDialog").then((file) => ({ default: file.ShareDialog })));

/** Opens a trace to whoever gets its address. */
export function ShareTrace(props: { traceId: string }) {
  const t = usePublicStrings();
  const mayEdit = useMay("edit");
  const [isOpen, setOpen] = useState(false);
  const label = mayEdit ? t("share") : t("mayNot");
  return (
    <>
      <Tooltip label={label}>
        <ActionIcon
          aria-label={t("share")}
          aria-disabled={!mayEdit}
          data-disabled={!mayEdit || undefined}
          onClick={() => mayEdit && setOpen(true)}
        >
          <Share2 size={15} />
        </ActionIcon>
      </Tooltip>
      {isOpen && (
        <Suspense fallback={null}>
          <ShareDialog traceId={props.traceId} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
