import { useParams } from "@tanstack/react-router";

/** One trace, whole. */
export function TracePage() {
  const { traceId } = useParams({ from: "/traces/$traceId" });
  return <main>{traceId}</main>;
}
