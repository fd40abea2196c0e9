import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { connectionsQuery } from "../../../api/evaluators";
import { useProject } from "../../../api/useProject";
import { type JsonObject, withField } from "../../../model/schemaForm";
import { CONNECTION_OPTION } from "./draft";
import { useEditStrings } from "./strings";

/** Which of the project's judges is asked. */
export function ConnectionField(props: { options: JsonObject; onChange: (options: JsonObject) => void }) {
  const t = useEditStrings();
  const connections = useQuery(connectionsQuery(useProject()));
  const items = connections.data?.items ?? [];
  const chosen = props.options[CONNECTION_OPTION];
  if (connections.data !== undefined && items.length === 0)
    return (
      <p>
        {t("noConnection")} <Link to="/evaluators/judges">{t("connect")}</Link>
      </p>
    );
  return (
    <Select
      label={t("connection")}
      description={t("connectionHint")}
      placeholder={t("defaultConnection")}
      clearable
      value={typeof chosen === "string" && chosen !== "" ? chosen : null}
      onChange={(name) => props.onChange(withField(props.options, CONNECTION_OPTION, name ?? ""))}
      data={items.map(({ name, provider, default_model: model }) => ({
        value: name,
        label: [name, provider, model].filter(Boolean).join(" · "),
      }))}
    />
  );
}
