import { Button, Checkbox, Popover, Stack } from "@mantine/core";
import { useFieldName } from "./names";
import { usePrivacyStrings } from "./strings";

type FieldsPickerProps = {
  name: string;
  all: readonly string[];
  /** Empty: everywhere. */
  value: string[];
  onChange: (fields: string[]) => void;
};

/** Where something is looked for. */
export function FieldsPicker(props: FieldsPickerProps) {
  const t = usePrivacyStrings();
  const fieldName = useFieldName();
  const { value, all } = props;
  const told = value.length === 0 ? t("everywhere") : t("inFields", { count: value.length });
  return (
    <Popover position="bottom-end" withinPortal>
      <Popover.Target>
        <Button
          size="compact-xs"
          variant="subtle"
          aria-label={`${t("whereFor", { name: props.name })}: ${told}`}
        >
          {told}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap={6}>
          <Checkbox
            size="xs"
            label={t("everywhere")}
            checked={value.length === 0}
            onChange={() => props.onChange([])}
          />
          {all.map((field) => (
            <Checkbox
              key={field}
              size="xs"
              label={fieldName(field)}
              checked={value.includes(field)}
              onChange={(event) =>
                props.onChange(
                  event.currentTarget.checked ? [...value, field] : value.filter((one) => one !== field),
                )
              }
            />
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
