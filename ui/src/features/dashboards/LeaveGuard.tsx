import { Button, Group, Modal } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { useDashboardStrings } from "./strings";

/** Asks before changes that are not saved are left behind, also when the page is closed. */
export function LeaveGuard(props: { isChanged: boolean }) {
  const t = useDashboardStrings();
  const blocker = useBlocker({
    // Another range or variable of the same dashboard leaves nothing.
    shouldBlockFn: ({ current, next }) => props.isChanged && current.pathname !== next.pathname,
    enableBeforeUnload: () => props.isChanged,
    withResolver: true,
  });
  const isAsking = blocker.status === "blocked";
  return (
    <Modal opened={isAsking} onClose={() => blocker.reset?.()} title={t("leaveTitle")}>
      <p>{t("leaveText")}</p>
      <Group justify="flex-end" gap="xs" mt="sm">
        <Button onClick={() => blocker.proceed?.()}>{t("leave")}</Button>
        <Button variant="filled" onClick={() => blocker.reset?.()}>
          {t("stay")}
        </Button>
      </Group>
    </Modal>
  );
}
