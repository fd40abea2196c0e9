// `reads TRACE GENERATION`: reads a trace, and works with a prompt and a dataset; Langfuse's JavaScript SDK 5.
import { LangfuseClient } from "@langfuse/client";
import { report } from "./journal.mjs";

const [traceId, generationId] = process.argv.slice(2);
const langfuse = new LangfuseClient();
const { api } = langfuse;

const trace = await api.trace.get(traceId);
const listed = await api.trace.list({ userId: "ada", tags: ["js"], limit: 10 });
const generation = await api.legacy.observationsV1.get(generationId);
const observations = await api.observations.getMany({ traceId, type: "GENERATION" });
const scores = await api.scores.getMany({ traceId });
const health = await api.health.health();

await langfuse.prompt.create({
  name: "support/answer",
  prompt: "Answer {{question}} at once.",
  labels: ["production"],
  config: { temperature: 0.3 },
});
const prompt = await langfuse.prompt.get("support/answer");
await api.datasets.create({ name: "sums", metadata: { level: 1 } });
await langfuse.dataset.createItem({ datasetName: "sums", id: "sum-1", input: { a: 1 }, expectedOutput: 2 });
const dataset = await langfuse.dataset.get("sums");

report({
  trace: {
    name: trace.name,
    user: trace.userId,
    session: trace.sessionId,
    tags: trace.tags,
    environment: trace.environment,
    observations: trace.observations.map((one) => one.name).sort(),
  },
  traces: listed.data.map((one) => one.id),
  generation: {
    type: generation.type,
    model: generation.model,
    usage: generation.usageDetails,
    cost: generation.costDetails,
    output: generation.output,
  },
  generations: observations.data.map((one) => one.name).sort(),
  scores: scores.data.map((one) => one.name).sort(),
  health: health.status,
  prompt: { version: prompt.version, text: prompt.compile({ question: "why" }), config: prompt.config },
  items: dataset.items.map((one) => ({ id: one.id, input: one.input, expected: one.expectedOutput })),
  trace_url: await langfuse.getTraceUrl(traceId),
});
