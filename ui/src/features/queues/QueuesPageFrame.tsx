import type { ReactNode } from "react";
import { PageFrame } from "../../widgets/cards/PageFrame";
import { useQueueStrings } from "./strings";

/** A page of queues with its title above. */
export function QueuesPageFrame(props: {
  title: string;
  /** Leads back to the list. */
  isBelowList?: boolean;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const t = useQueueStrings();
  const { isBelowList, ...others } = props;
  return <PageFrame {...others} back={isBelowList ? { to: "/queues", label: t("toList") } : undefined} />;
}
