import { useEffect, useRef } from "react";

/** Calls back every so often while the tab is looked at; at once when it comes back after longer than that. */
export function useAutoRefresh(everyMs: number | null, refresh: () => void): void {
  const latest = useRef(refresh);
  latest.current = refresh;
  useEffect(() => {
    if (everyMs === null) return;
    let last = Date.now();
    const ask = () => {
      if (document.hidden || Date.now() - last < everyMs - 50) return;
      last = Date.now();
      latest.current();
    };
    const timer = setInterval(ask, everyMs);
    document.addEventListener("visibilitychange", ask);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", ask);
    };
  }, [everyMs]);
}
