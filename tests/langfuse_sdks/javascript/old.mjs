// Traces made by hand with Langfuse's old JavaScript SDK 3, then read back.
import { Langfuse } from "langfuse";
import { report } from "./journal.mjs";

const langfuse = new Langfuse({ baseUrl: process.env.LANGFUSE_HOST, flushAt: 4 });
const start = Date.now() - 60_000;
const at = (seconds) => new Date(start + seconds * 1000);

const trace = langfuse.trace({
  name: "checkout",
  timestamp: at(0),
  userId: "grace",
  sessionId: "cart-9",
  input: { cart: [1, 2] },
  metadata: { shop: "north", visits: 3, isPaid: false },
  tags: ["shop", "web"],
  version: "7",
});
const plan = trace.span({ name: "plan", startTime: at(0.5), input: "a cart", metadata: { nested: { a: 1 } } });
const write = plan.generation({
  name: "write",
  startTime: at(1),
  completionStartTime: at(1.25),
  model: "gpt-5.4-mini",
  modelParameters: { temperature: 0.5 },
  input: [{ role: "user", content: "Confirm." }],
});
write.update({ endTime: at(2), output: "Confirmed.", usage: { promptTokens: 50, completionTokens: 5 } });
trace.event({ name: "mail sent", startTime: at(2.5), level: "WARNING", statusMessage: "slow relay" });
plan.update({ metadata: { nested: { b: 2 } } });
plan.update({ endTime: at(3), output: { steps: ["write"] } });
const failed = trace.span({ name: "charge", startTime: at(3), input: { amount: 12.5 } });
failed.update({ endTime: at(3.5), level: "ERROR", statusMessage: "card declined" });
trace.update({ output: "done" });
trace.score({ name: "satisfaction", value: 4.5, comment: "a survey" });
await langfuse.flushAsync();

const read = (await langfuse.fetchTrace(trace.id)).data;
const generations = await langfuse.fetchObservations({ traceId: trace.id, type: "GENERATION" });
const listed = await langfuse.fetchTraces({ userId: "grace" });
await langfuse.createPrompt({ name: "greet", prompt: "Hello {{name}}", labels: ["production"] });
const prompt = await langfuse.getPrompt("greet");
await langfuse.shutdownAsync();
report({
  trace_id: trace.id,
  ids: { plan: plan.id, write: write.id, charge: failed.id },
  start_ms: start,
  read: {
    name: read.name,
    tags: read.tags,
    metadata: read.metadata,
    output: read.output,
    observations: read.observations.map((one) => one.name).sort(),
    scores: Object.fromEntries(read.scores.map((one) => [one.name, one.value])),
  },
  generations: generations.data.map((one) => [one.id, one.model, one.usage.input, one.usage.output]),
  traces: listed.data.map((one) => one.id),
  prompt: prompt.compile({ name: "Ada" }),
});
