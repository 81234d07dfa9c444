/** A server's use of the types, and the mistakes that they must find. */

import { createServer } from "node:http";

import type { ALBEvent, APIGatewayProxyEvent, APIGatewayProxyEventV2, LambdaFunctionURLEvent } from "aws-lambda";
import express from "express";
import { Key, VerificationError, Verifier } from "hookseal";
import { RawBodyError, signedDelivery, verifyLambdaEvent, verifyNodeRequest, type VerifiedDelivery } from "hookseal/node";
import { startReceiver, UnmetWaitError, type Delivery, type Receiver } from "hookseal/testing";

const key: string = process.env["HOOKSEAL_SHARED_KEY"] ?? "";
const verifier = new Verifier([key, Key.fromUtf8(key)], { policy: "rfc7797" });

const app = express();
app.use("/all", signedDelivery(key, { maxBody: 1e6, onRefused: (error, request) => console.log(error.hint, request.url) }));
app.post("/webhooks", signedDelivery([key, Key.fromBytes(Buffer.alloc(32))]), (request, response) => {
  const delivery: VerifiedDelivery | undefined = request.hookseal;
  const body: Buffer | undefined = delivery?.body;
  response.json(body?.length);
});

createServer(async (request, response) => {
  try {
    const { keyFormat, body, json } = await verifyNodeRequest(request, verifier, { maxBody: 10 });
    const raw: Buffer = body;
    response.end(`${keyFormat} ${raw.length} ${json()}`);
  } catch (error) {
    if (error instanceof RawBodyError) {
      const code: "body_parsed" | "body_consumed" | "request_aborted" = error.code;
      response.writeHead(error.httpStatus).end(code);
    }
    if (error instanceof VerificationError) response.writeHead(error.httpStatus).end(error.code);
  }
});

export function handler(event: APIGatewayProxyEvent | APIGatewayProxyEventV2 | ALBEvent | LambdaFunctionURLEvent): number {
  return verifyLambdaEvent(event, verifier).body.length;
}

export async function testing(): Promise<readonly Delivery[]> {
  const receiver: Receiver = await startReceiver({ args: ["--max-body", "2B"] });
  const [first] = await receiver.waitFor(1, { verdict: null, path: "/*", timeout: 100, since: new Date() });
  const body: Buffer | undefined = first && (await receiver.body(first));
  console.log(body, first?.key?.format, UnmetWaitError);
  await receiver[Symbol.asyncDispose]();
  return receiver.deliveries({ verdict: "invalid" });
}

// @ts-expect-error: the option is called maxBody
signedDelivery(key, { limit: 1 });
// @ts-expect-error: the setting may be missing
signedDelivery(process.env["HOOKSEAL_SHARED_KEY"]);
// @ts-expect-error: verifyRequest is for the Fetch API's
verifyNodeRequest(new Request("http://localhost"), verifier);
// @ts-expect-error: it is made by the library
new RawBodyError();
// @ts-expect-error: the body is text
verifyLambdaEvent({ headers: {}, body: { parsed: true } }, verifier);
// @ts-expect-error: it is a promise
startReceiver().url;
