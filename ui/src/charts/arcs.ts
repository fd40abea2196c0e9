/** Ring segments as SVG paths. Angles are shares of a whole turn, clockwise from the top. */

type Arc = { from: number; to: number; radius: number; inner: number };

export function arcPath({ from, to, radius, inner }: Arc): string {
  // A whole turn begins where it ends, which is no arc: it stops a hair before.
  const end = Math.min(to, from + 0.99999);
  const isLarge = end - from > 0.5 ? 1 : 0;
  const [outerFrom, outerTo] = [point(from, radius, radius), point(end, radius, radius)];
  const outer = `M${outerFrom}A${radius} ${radius} 0 ${isLarge} 1 ${outerTo}`;
  if (inner === 0) return `${outer}L${radius} ${radius}Z`;
  const [innerFrom, innerTo] = [point(from, inner, radius), point(end, inner, radius)];
  return `${outer}L${innerTo}A${inner} ${inner} 0 ${isLarge} 0 ${innerFrom}Z`;
}

function point(turn: number, radius: number, center: number): string {
  const angle = (turn - 0.25) * 2 * Math.PI;
  return `${round(center + radius * Math.cos(angle))} ${round(center + radius * Math.sin(angle))}`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
