import { useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { Paperclip } from "lucide-react";
import { mediaQuery } from "../../../api/queries";
import { useProject } from "../../../api/useProject";
import type { MediaReference } from "../../../model/mediaReference";
import { useTraceStrings } from "../strings";
import classes from "./panel.module.css";

/** A file that the program's SDK uploaded to this server: shown, played, or offered. */
export function StoredMedia(props: { reference: MediaReference }) {
  const t = useTraceStrings();
  const { id, mimeType } = props.reference;
  // A public page shows its trace alone, and files are asked for by who may read the project.
  const isPublic = useLocation({ select: (location) => location.pathname.startsWith("/p/") });
  const { data: media, error } = useQuery({ ...mediaQuery(useProject(), id), enabled: !isPublic });
  if (media?.content_type.startsWith("image/")) {
    return (
      <a href={media.url} target="_blank" rel="noopener noreferrer">
        <img className={classes.picture} src={media.url} alt={t("attachment")} />
      </a>
    );
  }
  if (media?.content_type.startsWith("audio/")) {
    // biome-ignore lint/a11y/useMediaCaption: nobody made captions for what a program recorded.
    return <audio className={classes.player} src={media.url} controls preload="none" />;
  }
  if (media?.content_type.startsWith("video/")) {
    // biome-ignore lint/a11y/useMediaCaption: nobody made captions for what a program recorded.
    return <video className={classes.picture} src={media.url} controls preload="none" />;
  }
  return (
    <span className={classes.media}>
      <Paperclip size={14} aria-hidden />
      {media ? (
        <a href={media.url} target="_blank" rel="noopener noreferrer">
          {media.content_type}
        </a>
      ) : (
        <span>{mimeType || t("attachment")}</span>
      )}
      {error && <span className="muted">{t("notStored")}</span>}
    </span>
  );
}
