import type { ReactNode } from "react";
import { PageFrame } from "../../widgets/cards/PageFrame";
import { useDatasetStrings } from "./strings";

/** A page of datasets or experiments with its title above. */
export function DatasetFrame(props: {
  title: string;
  back?: "/datasets" | "/experiments";
  actions?: ReactNode;
  children: ReactNode;
}) {
  const t = useDatasetStrings();
  const { back, ...others } = props;
  const label = back === "/experiments" ? t("experiments") : t("toList");
  return <PageFrame {...others} isWide back={back && { to: back, label }} />;
}
