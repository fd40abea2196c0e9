/** Labels of a time axis: the clock within a day, and the date where a day begins or each tick is a day. */

const DAY_MS = 86_400_000;

export function timeLabels(ticks: readonly number[], stepMs: number): string[] {
  let lastDay = -1;
  return ticks.map((tick, position) => {
    const date = new Date(tick);
    const day = date.getMonth() * 100 + date.getDate();
    const isNewDay = day !== lastDay;
    lastDay = day;
    const dayText = `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    if (stepMs >= DAY_MS) return dayText;
    const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
    if (isNewDay && position > 0 && isMidnight) return dayText;
    const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
    return stepMs < 60_000 ? `${clock}:${two(date.getSeconds())}` : clock;
  });
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
