// Functions of every kind, traced by Langfuse's JavaScript SDK 5.
import { LangfuseClient } from "@langfuse/client";
import { LangfuseSpanProcessor } from "@langfuse/otel";
import {
  getActiveSpanId,
  getActiveTraceId,
  observe,
  propagateAttributes,
  startActiveObservation,
  startObservation,
  updateActiveObservation,
} from "@langfuse/tracing";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { around, inside, report, sleep } from "./journal.mjs";

const processor = new LangfuseSpanProcessor();
const provider = new NodeTracerProvider({ spanProcessors: [processor] });
provider.register();
const langfuse = new LangfuseClient();
const made = {};

const retrieve = observe(
  (question, limit) =>
    inside("retrieve", async () => {
      await sleep(5);
      updateActiveObservation(
        { metadata: { index: "handbook", limit, isCold: false, nested: { depth: 1 } } },
        { asType: "retriever" },
      );
      return ["Refunds take 14 days."].slice(0, limit);
    }),
  { name: "retrieve", asType: "retriever" },
);

const stream = (question) =>
  startActiveObservation(
    "stream",
    async (generation) => {
      generation.update({
        model: "claude-haiku-4-5",
        modelParameters: { temperature: 0.2, max_tokens: 100 },
        input: question,
      });
      let answer = "";
      for (const piece of ["Refunds take ", "14 days."]) {
        await sleep(5);
        if (!answer) generation.update({ completionStartTime: new Date() });
        answer += piece;
      }
      generation.update({ output: answer });
      return answer;
    },
    { asType: "generation" },
  );

const fail = observe(
  (reason) =>
    inside("fail", async () => {
      await sleep(3);
      throw new TypeError(`no ${reason}`);
    }),
  { name: "fail", asType: "tool" },
);

async function generate(question) {
  const generation = startObservation(
    "generate",
    { model: "gpt-5.4-mini", input: [{ role: "user", content: question }] },
    { asType: "generation" },
  );
  await sleep(3);
  generation.update({
    output: { role: "assistant", content: "14 days." },
    usageDetails: { input: 100, output: 20, cache_read_input_tokens: 40 },
    costDetails: { input: 0.001, output: 0.002, total: 0.003 },
  });
  langfuse.score.observation(generation, { name: "relevance", value: "high" });
  generation.end();
  return generation.id;
}

async function agent(question) {
  return inside("agent", () =>
    propagateAttributes(
      {
        traceName: "support agent",
        userId: "ada",
        sessionId: "session-3",
        tags: ["support", "js"],
        version: "3.1",
        metadata: { tenant: "acme", attempt: "2" },
      },
      async () => {
        await around("retrieve", () => retrieve(question, 1));
        const answer = await stream(question);
        try {
          await around("fail", () => fail("stock"));
        } catch (error) {
          made.error = String(error);
        }
        made.generation_id = await generate(question);
        startObservation(
          "handed over",
          { level: "WARNING", statusMessage: "queue is long", input: { to: 2 } },
          { asType: "event" },
        );
        langfuse.score.activeTrace({
          name: "helpful",
          value: 1,
          dataType: "BOOLEAN",
          comment: "thumbs up",
        });
        langfuse.score.activeObservation({ name: "steps", value: 7 });
        made.trace_id = getActiveTraceId();
        made.agent_id = getActiveSpanId();
        return answer;
      },
    ),
  );
}

const question = "How long do refunds take?";
made.answer = await around("agent", () =>
  startActiveObservation(
    "agent",
    async (span) => {
      span.update({ input: { question } });
      const answer = await agent(question);
      span.update({ output: answer, metadata: { isBeta: true, filters: { language: "en" } } });
      return answer;
    },
    { asType: "agent" },
  ),
);
await provider.forceFlush();
await langfuse.flush();
await provider.shutdown();
await langfuse.shutdown();
report(made);
