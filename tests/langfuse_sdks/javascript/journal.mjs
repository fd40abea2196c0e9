// What a program did, told by itself: when each function was called and ran, and what it found out.
const calls = {};
const bodies = {};

const note = (times, name, started) => (times[name] ??= []).push([started * 1e6, Date.now() * 1e6]);

/** Runs `body`, noting its time as the caller of `name` sees it; nanoseconds, with a millisecond's precision. */
export async function around(name, body) {
  const started = Date.now();
  try {
    return await body();
  } finally {
    note(calls, name, started);
  }
}

/** The same, as the body of `name` sees it. */
export async function inside(name, body) {
  const started = Date.now();
  try {
    return await body();
  } finally {
    note(bodies, name, started);
  }
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export const report = (facts) => console.log(JSON.stringify({ ...facts, calls, bodies }));
