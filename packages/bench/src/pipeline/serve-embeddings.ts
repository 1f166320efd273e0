// A process of its own: an embedding service on loopback that answers every request after the same time, however many
// there are and whatever they hold. Says its address, and ends when its parent lets go of it.
import { hash } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";

const [, , latencyMs = ""] = process.argv;
const DIMENSION = 256;

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => response.destroy(error as Error));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
process.once("disconnect", () => process.exit());

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const latency = setTimeout(Number(latencyMs));
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  const { input, model } = JSON.parse(body) as { input: string[]; model: string };
  const data = input.map((text, index) => ({ index, embedding: vectorOf(text) }));
  const json = JSON.stringify({ object: "list", model, data });
  await latency;
  response.setHeader("content-type", "application/json").end(json);
}

/** The same for the same text, as base64 of 32-bit floats. */
function vectorOf(text: string): string {
  let state = hash("sha256", text, "buffer").readUInt32LE();
  const vector = Float32Array.from({ length: DIMENSION }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return Buffer.from(vector.buffer).toString("base64");
}
