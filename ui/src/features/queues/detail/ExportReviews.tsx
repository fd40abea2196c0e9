import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { type AnnotationQueue, downloadReviews } from "../../../api/queues";
import { useProject } from "../../../api/useProject";
import { useQueueStrings } from "../strings";

/** The reviews as a file of JSON lines. Fetched rather than linked: a link cannot carry a key. */
export function ExportReviews(props: { queue: AnnotationQueue }) {
  const t = useQueueStrings();
  const project = useProject();
  const download = useMutation({
    mutationFn: () => downloadReviews(project, props.queue.id),
    onSuccess: (reviews) => save(reviews, `${props.queue.name}.jsonl`),
  });
  return (
    <>
      <Button
        leftSection={<Download size={13} />}
        loading={download.isPending}
        onClick={() => download.mutate()}
      >
        {t("export")}
      </Button>
      {download.error && (
        <span role="alert">
          {t("exportFailed")}: {download.error.message}
        </span>
      )}
    </>
  );
}

function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
