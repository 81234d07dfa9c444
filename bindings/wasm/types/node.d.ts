/// <reference types="node" />

/**
 * Signed deliveries in Node.js: for node:http, Express and Connect, and for AWS Lambda. The raw body is kept.
 *
 * For requests of the Fetch API (Next.js, Hono, Workers, Deno, Bun) there is `verifyRequest` in `hookseal`.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { SharedKey, Verified, VerificationError, Verifier, VerifyRequestOptions } from "./index.js";

/** A shared key, several of them while a key is rotated, or a verifier (which has its options already). */
export type DeliveryKey = SharedKey | readonly SharedKey[] | Verifier;

export interface SignedDeliveryOptions extends VerifyRequestOptions {
  /**
   * Hears why a delivery was refused, which the sender does not. It may throw: `next` gets that.
   *
   * With `NODE_DEBUG=hookseal` in the environment, the same goes to standard error.
   */
  onRefused?: ((error: VerificationError | RawBodyError, request: IncomingMessage) => void) | undefined;
}

/** What the signature proves, and the raw octets that it covers. */
export interface VerifiedDelivery extends Verified {
  /** The raw body as it was on the wire. */
  readonly body: Buffer;
  /** The body as text in UTF-8. */
  text(): string;
  /** The body parsed as JSON. Throws a SyntaxError where it is something else. */
  json(): any;
}

declare module "node:http" {
  interface IncomingMessage {
    /** What the signature proves, and the raw body; set by `signedDelivery` of `hookseal/node`. */
    hookseal?: VerifiedDelivery;
  }
}

/**
 * A middleware for Express, Connect and their like: only deliveries that verify reach what stands behind it.
 *
 * It reads the raw body, or takes what `express.raw()` left in `request.body`, or what anybody left in `request.rawBody`.
 * Behind it, `request.hookseal` is the verdict with the body; `request.rawBody` is the body as a Buffer, and so is
 * `request.body` unless a parser that kept the raw body has set it. A parser behind it leaves the body alone.
 *
 * What does not verify is answered with the error's `httpStatus` and `{"code":…}`, and goes no further. Where the raw body is
 * gone because another parser ran before, `next` gets a {@link RawBodyError} that says so. Where the sender hangs up
 * half-way, nobody is left to be answered, and nothing behind it runs.
 *
 * @throws {InvalidKeyError} when it is made, where the key cannot be used
 *
 * @example
 * import express from "express";
 * import { signedDelivery } from "hookseal/node";
 *
 * const app = express();
 * app.post("/webhooks", signedDelivery(process.env.HOOKSEAL_SHARED_KEY), (request, response) => {
 *   console.log(request.hookseal.json());
 *   response.sendStatus(204);
 * });
 */
export function signedDelivery(
  key: DeliveryKey,
  options?: SignedDeliveryOptions,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/**
 * Verifies a request of node:http, and gives its raw body back with the verdict. Nothing is answered.
 *
 * Behind frameworks that wrap the request, pass what they wrap (Fastify and Koa: `request.raw`, `ctx.req`).
 *
 * @throws {VerificationError} where it does not verify: answer `httpStatus` and `code`
 * @throws {RawBodyError} where the raw body is gone, or the sender hung up half-way
 *
 * @example
 * import { createServer } from "node:http";
 * import { Verifier, VerificationError } from "hookseal";
 * import { verifyNodeRequest } from "hookseal/node";
 *
 * const verifier = new Verifier(process.env.HOOKSEAL_SHARED_KEY);
 * const server = createServer(async (request, response) => {
 *   try {
 *     const delivery = await verifyNodeRequest(request, verifier);
 *     console.log(delivery.json());
 *     response.writeHead(204).end();
 *   } catch (error) {
 *     const refused = error instanceof VerificationError;
 *     response.writeHead(refused ? error.httpStatus : 500).end(JSON.stringify({ code: refused ? error.code : "internal" }));
 *   }
 * });
 */
export function verifyNodeRequest(
  request: IncomingMessage,
  key: DeliveryKey,
  options?: VerifyRequestOptions,
): Promise<VerifiedDelivery>;

/** What the events of API Gateway (versions 1 and 2), load balancers and function URLs have in common. */
export interface LambdaEvent {
  readonly headers?: Readonly<Record<string, string | undefined>> | null | undefined;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null | undefined;
  readonly body?: string | null | undefined;
  readonly isBase64Encoded?: boolean | undefined;
}

/**
 * Verifies the event that AWS Lambda gets for an HTTP request: of API Gateway (REST and HTTP APIs), an application load
 * balancer or a function URL. The body is decoded where the gateway encoded it; header names may be in any case.
 *
 * @throws {VerificationError} where it does not verify: answer `httpStatus` and `code`
 * @throws {RawBodyError} where the event's body was parsed before
 *
 * @example
 * import { Verifier, VerificationError } from "hookseal";
 * import { verifyLambdaEvent } from "hookseal/node";
 *
 * const verifier = new Verifier(process.env.HOOKSEAL_SHARED_KEY);
 *
 * export async function handler(event) {
 *   try {
 *     const delivery = verifyLambdaEvent(event, verifier);
 *     console.log(delivery.json());
 *     return { statusCode: 204 };
 *   } catch (error) {
 *     if (!(error instanceof VerificationError)) throw error;
 *     return { statusCode: error.httpStatus, body: JSON.stringify({ code: error.code }) };
 *   }
 * }
 */
export function verifyLambdaEvent(event: LambdaEvent, key: DeliveryKey, options?: VerifyRequestOptions): VerifiedDelivery;

/**
 * The raw body is not there to be verified. Nothing is said against the delivery, and unless the sender hung up it is the
 * application that must be mended; `hint` says how.
 *
 * @example
 * import express from "express";
 * import { RawBodyError, signedDelivery } from "hookseal/node";
 *
 * const app = express();
 * app.use(express.json()); // runs first, and takes the raw body
 * app.post("/webhooks", signedDelivery(process.env.HOOKSEAL_SHARED_KEY));
 * app.use((error, request, response, next) => {
 *   if (error instanceof RawBodyError) console.error(error.code, error.hint); // body_parsed
 *   response.sendStatus(500);
 * });
 */
export class RawBodyError extends Error {
  private constructor();
  /**
   * - `body_parsed`: a body parser ran before, and left its result instead of the octets.
   * - `body_consumed`: something read the body before, and left nothing.
   * - `request_aborted`: the sender hung up before the whole body was there.
   */
  readonly code: "body_parsed" | "body_consumed" | "request_aborted";
  /** The status to answer with: 500, since the application is at fault, or 400. */
  readonly httpStatus: number;
  /** What to do about it: for whoever runs the application, never for the sender. */
  readonly hint: string;
}
