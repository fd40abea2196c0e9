/** A canvas can't read CSS variables: this gives the colour that `var(--name)` has right now under an element. */
export function cssColor(host: HTMLElement, variable: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${variable})`;
  host.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}
