import { Image, Paperclip } from "lucide-react";
import { formatCount } from "../../../base/format";
import { useLanguage } from "../../../base/i18n";
import { findMedia } from "../../../model/mediaReference";
import { type MediaPart, pictureSource, safeLink } from "../../../model/traceMessages";
import { useTraceStrings } from "../strings";
import classes from "./panel.module.css";
import { StoredMedia } from "./StoredMedia";

/** A picture carried in the payload is shown; whatever lies on another server is named, not fetched. */
export function MediaView(props: { media: MediaPart }) {
  const t = useTraceStrings();
  const language = useLanguage();
  const { media } = props;
  const reference = findMedia(media.url) ?? findMedia(media.data);
  if (reference) return <StoredMedia reference={reference} />;
  const source = media.type === "image" ? pictureSource(media) : null;
  if (source) return <img className={classes.picture} src={source} alt={t("attachment")} />;
  const address = media.url && !media.url.startsWith("data:") ? media.url : null;
  const link = safeLink(address);
  const name = address ?? media.file_id ?? media.mime_type ?? media.type;
  const note = media.omitted_chars
    ? t("omitted", { count: formatCount(media.omitted_chars, language) })
    : media.type === "image" && address
      ? t("remotePicture")
      : media.mime_type;
  return (
    <p className={classes.media}>
      {media.type === "image" ? <Image size={14} aria-hidden /> : <Paperclip size={14} aria-hidden />}
      {link ? (
        <a href={link} target="_blank" rel="noopener noreferrer nofollow">
          {name}
        </a>
      ) : (
        <span>{name}</span>
      )}
      <span className="muted">{note}</span>
    </p>
  );
}
