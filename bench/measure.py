"""What a process costs, read from /proc: CPU, memory, disk."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessCost:
    cpu_s: float
    rss_bytes: int
    peak_rss_bytes: int


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    pids, queue = [], [pid]
    while queue:
        current = queue.pop()
        pids.append(current)
        for task in Path(f"/proc/{current}/task").glob("*/children"):
            queue.extend(int(child) for child in task.read_text().split())
    return pids


def process_cost(pid: int) -> ProcessCost:
    """Summed over the process and its descendants; a descendant that has ended counts in its parent's CPU."""
    cpu, rss, peak = 0.0, 0, 0
    for each in tree(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            status = dict(
                line.split(":", 1) for line in Path(f"/proc/{each}/status").read_text().splitlines()
            )
        except FileNotFoundError:
            continue
        cpu += sum(int(fields[index]) for index in (11, 12, 13, 14)) / CLOCK_TICKS
        # A process that has ended but was not waited for has no memory lines.
        rss += int(status.get("VmRSS", "0").split()[0]) * 1024
        peak += int(status.get("VmHWM", "0").split()[0]) * 1024
    return ProcessCost(cpu_s=cpu, rss_bytes=rss, peak_rss_bytes=peak)


def disk_bytes(folder: Path) -> int:
    """Bytes the folder's files take on disk (allocated blocks, hard links once)."""
    seen, total = set(), 0
    for root, _, files in os.walk(folder):
        for name in files:
            try:
                stat = os.lstat(os.path.join(root, name))
            except FileNotFoundError:
                continue
            if stat.st_ino not in seen:
                seen.add(stat.st_ino)
                total += stat.st_blocks * 512
    return total


def percentile(values: list[float], q: float) -> float:
    """Nearest rank; NaN of nothing."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(q * len(ordered) + 0.5) - 1))]


def wait_until(condition, *, timeout_s: float, every_s: float = 0.05) -> float:  # type: ignore[no-untyped-def]
    """Seconds until the condition held; TimeoutError after `timeout_s`."""
    started = time.perf_counter()
    while not condition():
        if time.perf_counter() - started > timeout_s:
            raise TimeoutError(f"waited {timeout_s:.0f} s")
        time.sleep(every_s)
    return time.perf_counter() - started
