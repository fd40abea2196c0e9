import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";

const SETTLE_MS = 200;

/** A search whose text lives in the URL: typing is shown at once and written there when it pauses. */
export function SearchInput(props: { value: string; label: string; onChange: (text: string) => void }) {
  const { value } = props;
  const [draft, setDraft] = useState(value);
  const written = useRef(value);
  const write = useDebouncedCallback((text: string) => {
    written.current = text;
    props.onChange(text);
  }, SETTLE_MS);
  useEffect(() => {
    // What comes from elsewhere: a link, the back button.
    if (value === written.current) return;
    written.current = value;
    setDraft(value);
  }, [value]);
  return (
    <TextInput
      type="search"
      leftSection={<Search size={13} />}
      placeholder={props.label}
      aria-label={props.label}
      w={280}
      maw="100%"
      value={draft}
      onChange={(event) => {
        setDraft(event.currentTarget.value);
        write(event.currentTarget.value);
      }}
    />
  );
}
