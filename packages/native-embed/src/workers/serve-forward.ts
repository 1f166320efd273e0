import type { MessagePort } from "node:worker_threads";

import type { EmbedReply, EmbedRequest, ForwardPass } from "./protocol.ts";

/** A worker's whole life: takes requests from the port and answers each with its vectors, in order. */
export function serveForward(port: MessagePort, forward: ForwardPass): void {
  port.on("message", ({ tokens, lengths }: EmbedRequest) => {
    const reply: EmbedReply = forward.embed(tokens, lengths);
    port.postMessage(reply, [reply.buffer as ArrayBuffer]);
  });
}
