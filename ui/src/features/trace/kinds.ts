import {
  Bot,
  Boxes,
  Braces,
  Database,
  Gauge,
  Link2,
  ListOrdered,
  type LucideIcon,
  MessageSquareText,
  Search,
  ShieldCheck,
  Wrench,
} from "lucide-react";

export interface KindLook {
  readonly icon: LucideIcon;
  /** Told apart from its neighbours with every common colour blindness; the icon and the name say the same. */
  readonly color: string;
}

const PLAIN: KindLook = { icon: Braces, color: "#8b949e" };

const LOOKS: ReadonlyMap<string, KindLook> = new Map([
  ["llm", { icon: MessageSquareText, color: "#4477cc" }],
  ["embedding", { icon: Boxes, color: "#56b4e9" }],
  ["retriever", { icon: Search, color: "#009e73" }],
  ["reranker", { icon: ListOrdered, color: "#44aa99" }],
  ["tool", { icon: Wrench, color: "#e69f00" }],
  ["agent", { icon: Bot, color: "#cc79a7" }],
  ["chain", { icon: Link2, color: "#8c8cb4" }],
  ["guardrail", { icon: ShieldCheck, color: "#999933" }],
  ["evaluator", { icon: Gauge, color: "#aa4499" }],
  ["cache", { icon: Database, color: "#c9a227" }],
  ["span", PLAIN],
]);

export function lookOf(kind: string): KindLook {
  return LOOKS.get(kind) ?? PLAIN;
}
