import { type ComponentProps, memo } from "react";
import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";
import { pictureSource, safeLink } from "../../../model/traceMessages";
import { useTraceStrings } from "../strings";
import classes from "./panel.module.css";

const PLUGINS = [remarkGfm];
const COMPONENTS = { a: SafeLink, img: SafePicture };

/**
 * A model's Markdown. Raw HTML stays text (no plugin reads it), links open elsewhere and only over http(s) or mail,
 * and pictures of other servers are links, so that reading a trace tells nobody.
 */
export const Markdown = memo(function Markdown(props: { text: string }) {
  return (
    <div className={classes.markdown}>
      <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={asWritten}>
        {props.text}
      </ReactMarkdown>
    </div>
  );
});

/** Addresses are judged where they are used, below. */
function asWritten(url: string): string {
  return url;
}

function SafeLink(props: ComponentProps<"a">) {
  const link = safeLink(props.href);
  // Shown with its address: a link that cannot be followed must not look like one.
  if (link === null) {
    return (
      <span title={props.href}>
        {props.children}
        {props.href && <code> ({props.href})</code>}
      </span>
    );
  }
  return (
    <a href={link} title={link} target="_blank" rel="noopener noreferrer nofollow">
      {props.children}
    </a>
  );
}

function SafePicture(props: ComponentProps<"img">) {
  const t = useTraceStrings();
  const url = typeof props.src === "string" ? props.src : "";
  const source = pictureSource({ url });
  if (source) return <img className={classes.picture} src={source} alt={props.alt ?? ""} />;
  const words = `${props.alt || t("picture")} (${t("remotePicture")})`;
  return <SafeLink href={url}>{words}</SafeLink>;
}
