/** A canvas can't read CSS variables: this gives the colour that `var(--name)` has right now under an element. */
export function cssColor(host: HTMLElement, variable: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${variable})`;
  host.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

/** Hues that stay apart beside each other, for both themes; the thirteenth line begins anew. */
const LINE_COLORS = [
  "#0f9d8a",
  "#4263eb",
  "#e8590c",
  "#ae3ec9",
  "#2f9e44",
  "#e03131",
  "#1098ad",
  "#f08c00",
  "#7048e8",
  "#c2255c",
  "#74b816",
  "#5c7cfa",
] as const;

export function lineColor(position: number): string {
  return LINE_COLORS[position % LINE_COLORS.length] as string;
}

/** From few to many: one hue that grows away from the page, so that lightness alone tells it, whatever colours
 * a reader can tell apart. */
const HEAT: Record<"light" | "dark", readonly string[]> = {
  light: ["#dff1ee", "#b3ddd5", "#7cc3b7", "#43a396", "#157a70", "#0b5750", "#063934"],
  dark: ["#14312e", "#1a4b46", "#1f6a62", "#2a9184", "#43b8a7", "#7fdccc", "#c9f7ee"],
};

/** A colour for a share of the most, above 0 and at most 1. The root, so that few are seen beside many. */
export function heatColor(share: number, scheme: "light" | "dark"): string {
  const scale = HEAT[scheme];
  const place = Math.ceil(Math.sqrt(Math.min(Math.max(share, 0), 1)) * scale.length) - 1;
  return scale[Math.max(0, place)] as string;
}

export function heatScale(scheme: "light" | "dark"): readonly string[] {
  return HEAT[scheme];
}
