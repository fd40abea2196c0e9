import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, ClipboardPlus, Plus } from "lucide-react";
import { useState } from "react";
import { addToQueue, queuesQuery, type TargetInput } from "../../api/queues";
import { useProject } from "../../api/useProject";
import { defineStrings } from "../../base/i18n";

const useStrings = defineStrings({
  en: {
    add: "Add to queue",
    choose: "Let people judge it: queue",
    none: "No queue yet",
    create: "New queue",
    added: (n: { queue: string }) => `Added to ${n.queue}`,
    there: (n: { queue: string }) => `In ${n.queue} already`,
    failed: "Not added",
  },
  ko: {
    add: "대기열에 추가",
    choose: "사람이 판단하도록 넣을 대기열",
    none: "대기열이 없습니다",
    create: "새 대기열",
    added: (n) => `${n.queue}에 추가했습니다`,
    there: (n) => `이미 ${n.queue}에 있습니다`,
    failed: "추가하지 못했습니다",
  },
});

/** Puts a trace, or a span of it, into an annotation queue. */
export function AddToQueue(props: { target: TargetInput }) {
  const t = useStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const queues = useQuery({ ...queuesQuery(project), enabled: isOpen });
  const adding = useMutation({
    mutationFn: (queue: { id: string; name: string }) => addToQueue(project, queue.id, [props.target]),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["queues"] });
      await queryClient.invalidateQueries({ queryKey: ["queue-items"] });
    },
  });
  const told = () => {
    const queue = adding.variables?.name ?? "";
    if (adding.error) return `${t("failed")}: ${adding.error.message}`;
    if (adding.data) return adding.data.added > 0 ? t("added", { queue }) : t("there", { queue });
    return "";
  };
  const found = queues.data?.items ?? [];
  return (
    <>
      <span role="status" className="muted">
        {told()}
      </span>
      <Menu opened={isOpen} onChange={setOpen} position="bottom-end">
        <Menu.Target>
          <Tooltip label={t("add")} disabled={isOpen}>
            <ActionIcon size="sm" aria-label={t("add")}>
              {adding.isSuccess ? <Check size={14} /> : <ClipboardPlus size={14} />}
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown mah={340} style={{ overflowY: "auto" }}>
          <Menu.Label>{queues.isSuccess && found.length === 0 ? t("none") : t("choose")}</Menu.Label>
          {found.map((queue) => (
            <Menu.Item key={queue.id} onClick={() => adding.mutate(queue)} maw={320} className="cut">
              {queue.name}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<Plus size={13} />} component={Link} to="/queues/new">
            {t("create")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
