import { Alert, Button, FileButton, Group, Modal, Table, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { createDashboard, type ImportResult, importDashboard } from "../../../api/dashboards";
import { useProject } from "../../../api/useProject";
import { Problem } from "../../../widgets/cards/Problem";
import { useDashboardStrings } from "../strings";
import classes from "./list.module.css";

/** JSON of ours or of Grafana: read first, with what is not understood, then kept. */
export function ImportDialog(props: { onClose: () => void }) {
  const t = useDashboardStrings();
  const project = useProject();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const reading = useMutation({
    mutationFn: async (given: string) => importDashboard(project, parsed(given, t("importBadJson"))),
  });
  const keeping = useMutation({
    mutationFn: (result: ImportResult) => createDashboard(project, result.document),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ["dashboards", project] });
      void navigate({ to: "/dashboards/$dashboardId", params: { dashboardId: made.id } });
    },
  });
  const take = async (file: File | null) => {
    if (file === null) return;
    const content = await file.text();
    setText(content);
    reading.mutate(content);
  };
  const result = reading.data;
  return (
    <Modal opened onClose={props.onClose} title={t("importTitle")} size="lg">
      <p className="muted">{t("importHint")}</p>
      <Textarea
        aria-label={t("importTitle")}
        autosize
        minRows={5}
        maxRows={10}
        value={text}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        onChange={(event) => {
          setText(event.currentTarget.value);
          reading.reset();
        }}
      />
      <Problem error={reading.error ?? keeping.error} />
      {result !== undefined && <Findings result={result} />}
      <Group justify="flex-end" gap="xs" mt="sm">
        <FileButton onChange={(file) => void take(file)} accept="application/json,.json">
          {(button) => <Button {...button}>{t("importFile")}</Button>}
        </FileButton>
        {result === undefined ? (
          <Button
            variant="filled"
            disabled={text.trim() === ""}
            loading={reading.isPending}
            onClick={() => reading.mutate(text)}
          >
            {t("importRead")}
          </Button>
        ) : (
          <Button variant="filled" loading={keeping.isPending} onClick={() => keeping.mutate(result)}>
            {t("importSave")}
          </Button>
        )}
      </Group>
    </Modal>
  );
}

function Findings(props: { result: ImportResult }) {
  const t = useDashboardStrings();
  const { document, problems } = props.result;
  const count = document.panels.filter((panel) => panel.kind !== "row").length;
  return (
    <>
      <p>
        <b>{document.title}</b> · {t("panels", { count })}
      </p>
      {problems.length === 0 ? (
        <Alert color="green">{t("importClean")}</Alert>
      ) : (
        <Alert
          color="yellow"
          title={t("importProblems", { count: problems.length })}
          styles={{ title: { color: "var(--warn)" } }}
        >
          <div className={classes.problems}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("importPanel")}</Table.Th>
                  <Table.Th>{t("importField")}</Table.Th>
                  <Table.Th>{t("importReason")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {problems.map((problem) => (
                  <Table.Tr key={`${problem.panel} ${problem.field} ${problem.reason}`}>
                    <Table.Td>{problem.panel ?? t("importBoard")}</Table.Td>
                    <Table.Td>
                      <code>{problem.field}</code>
                    </Table.Td>
                    <Table.Td>{problem.reason}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        </Alert>
      )}
    </>
  );
}

function parsed(text: string, complaint: string): unknown {
  try {
    return JSON.parse(text);
  } catch (reason) {
    throw new Error(`${complaint} ${reason instanceof Error ? reason.message : ""}`);
  }
}
