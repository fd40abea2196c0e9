import { textOf } from "../../../model/traceMessages";
import { CopyButton } from "../../../widgets/CopyButton";
import { Section } from "./Section";
import { ValueView } from "./ValueView";

/** A span's input or output; nothing where there is none. */
export function PayloadView(props: { label: string; value: unknown }) {
  const { value } = props;
  if (value === null || value === undefined || value === "") return null;
  return (
    <Section title={props.label} actions={<CopyButton value={() => textOf(value)} />}>
      <ValueView value={value} />
    </Section>
  );
}
