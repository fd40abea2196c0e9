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
