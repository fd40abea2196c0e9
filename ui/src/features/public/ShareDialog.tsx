import { Button, Checkbox, Group, Modal, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { createPublicLink, type PublicLink, publicLinksQuery, revokePublicLink } from "../../api/publicLinks";
import { useProject } from "../../api/useProject";
import { formatDateTime } from "../../base/time";
import { CopyButton } from "../../widgets/CopyButton";
import { Problem } from "../../widgets/cards/Problem";
import classes from "./Public.module.css";
import { usePublicStrings } from "./strings";

const DURATIONS = [
  ["1h", "h1"],
  ["1d", "d1"],
  ["7d", "d7"],
  ["30d", "d30"],
  ["365d", "d365"],
] as const;

/** Makes public links to a trace, lists and revokes them. */
export function ShareDialog(props: { traceId: string; onClose: () => void }) {
  const t = usePublicStrings();
  const project = useProject();
  const queryClient = useQueryClient();
  const { traceId } = props;
  const [duration, setDuration] = useState("30d");
  const [withPayloads, setWithPayloads] = useState(false);
  const links = useQuery(publicLinksQuery(project, traceId));
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["public-links"] });
  const making = useMutation({
    mutationFn: () =>
      createPublicLink(project, traceId, { expires_in: duration, with_payloads: withPayloads }),
    onSuccess: refresh,
  });
  const revoking = useMutation({
    mutationFn: (id: string) => revokePublicLink(project, id),
    onSuccess: refresh,
  });
  const made = making.data;
  const isMadeStill = made && links.data?.some((link) => link.id === made.id);
  return (
    <Modal opened onClose={props.onClose} title={t("title")}>
      <p className={classes.text}>{t("explained")}</p>
      <p className="muted">{t("shows")}</p>
      <div className={classes.form}>
        <Checkbox
          label={t("withPayloads")}
          checked={withPayloads}
          onChange={(event) => setWithPayloads(event.currentTarget.checked)}
        />
        <Group gap="xs" align="end">
          <Select
            label={t("ends")}
            w={130}
            allowDeselect={false}
            value={duration}
            onChange={(value) => setDuration(value ?? "30d")}
            data={DURATIONS.map(([value, word]) => ({ value, label: t(word) }))}
          />
          <Button variant="filled" loading={making.isPending} onClick={() => making.mutate()}>
            {t("make")}
          </Button>
        </Group>
      </div>
      {made && isMadeStill && (
        <div className={classes.made} role="status">
          <TextInput
            readOnly
            label={t("made")}
            value={`${window.location.origin}${made.url}`}
            onFocus={(event) => event.currentTarget.select()}
            rightSection={<CopyButton value={`${window.location.origin}${made.url}`} label={t("copy")} />}
          />
        </div>
      )}
      <Problem error={making.error ?? revoking.error ?? links.error} />
      <h3 className={classes.subtitle}>{t("existing")}</h3>
      {links.data?.length === 0 && <p className="muted">{t("none")}</p>}
      <ul className={classes.links}>
        {(links.data ?? []).map((link) => (
          <li key={link.id} data-new={link.id === made?.id || undefined}>
            <LinkWords link={link} />
            <Button
              size="compact-xs"
              color="red"
              variant="light"
              loading={revoking.isPending && revoking.variables === link.id}
              onClick={() => revoking.mutate(link.id)}
            >
              {t("revoke")}
            </Button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}

function LinkWords(props: { link: PublicLink }) {
  const t = usePublicStrings();
  const { link } = props;
  const words = [
    link.is_expired ? t("expired") : t("until", { time: formatDateTime(link.expires_at).slice(0, 16) }),
    link.with_payloads ? t("texts") : t("noTexts"),
    ...(link.created_by === null ? [] : [t("by", { name: link.created_by })]),
  ];
  return <span>{words.join(" · ")}</span>;
}
