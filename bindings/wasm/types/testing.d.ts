/// <reference types="node" />

/**
 * A real receiver for tests: the `hookseal` command, started on a port of its own.
 *
 * The command comes with `npm install --save-dev @hookseal/cli`; any other is named in the variable `HOOKSEAL_BIN`.
 */

import { AssertionError } from "node:assert";

export interface ReceiverOptions {
  /** The key that senders share with it; a random one unless told. */
  sharedKey?: string | undefined;
  /** More arguments for `hookseal receive`. */
  args?: readonly string[] | undefined;
}

/**
 * Starts a receiver. It verifies what is sent to it, keeps it, and answers as it would in production.
 *
 * It ends with the process that started it, if nothing stops it before.
 *
 * @example
 * import { sign } from "hookseal";
 * import { startReceiver } from "hookseal/testing";
 *
 * const receiver = await startReceiver();
 * try {
 *   const body = '{"hello":"world"}';
 *   await fetch(`${receiver.url}/hooks`, {
 *     method: "POST",
 *     headers: { "X-JWS-Signature": sign(body, receiver.sharedKey) },
 *     body,
 *   });
 *   const [delivery] = await receiver.waitFor(1, { path: "/hooks" });
 *   console.log(delivery.verdict, String(await receiver.body(delivery)));
 * } finally {
 *   await receiver.stop();
 * }
 */
export function startReceiver(options?: ReceiverOptions): Promise<Receiver>;

/** A running receiver; `await using` stops it. */
export class Receiver {
  private constructor();

  /** Where it listens, without a slash at the end. Every path but `/_hookseal/` takes deliveries. */
  readonly url: string;

  /** The key to sign with, in any reading that gives 32 octets. A delivery's key says how it was read. */
  readonly sharedKey: string;

  /**
   * Waits until so many deliveries have come, those that are there already included; oldest first.
   *
   * @throws {UnmetWaitError} when the time is up: its message says what came instead, and why each of it did not count
   */
  waitFor(count?: number, options?: WaitOptions): Promise<Delivery[]>;

  /** What has come so far, oldest first. */
  deliveries(filter?: DeliveryFilter): Promise<Delivery[]>;

  /** The raw body of a delivery. */
  body(delivery: Pick<Delivery, "id">): Promise<Buffer>;

  /** Stops it. Once is enough. */
  stop(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void>;
}

export interface DeliveryFilter {
  /** Any will do when it is null. */
  verdict?: Verdict | null | undefined;
  /** Refused with this code. */
  code?: string | undefined;
  /** Went to this path; `*` stands for any number of characters. */
  path?: string | undefined;
  method?: string | undefined;
  /** Stands in the path, the query, a header or the body, octet for octet. */
  q?: string | undefined;
  /** Received at this time or later; a string is RFC 3339. */
  since?: Date | string | undefined;
}

export interface WaitOptions extends DeliveryFilter {
  /** `"valid"` unless told; any will do when it is null. */
  verdict?: Verdict | null | undefined;
  /** In milliseconds; 10,000 unless told. */
  timeout?: number | undefined;
}

export type Verdict = "valid" | "invalid" | "unsigned";

/** A delivery as the receiver's API describes it. */
export interface Delivery {
  /** A UUID of version 7. */
  readonly id: string;
  /** RFC 3339 in UTC, with microseconds. */
  readonly received_at: string;
  readonly method: string;
  /** As it came, undecoded. */
  readonly path: string;
  /** As it came; null without a `?`. */
  readonly query: string | null;
  /** The whole request target as it came: path and query, a URL, `*`, or CONNECT's host and port. */
  readonly target: string;
  readonly http_version: string;
  readonly peer: string;
  /** Names in lower case, values exact, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body_size: number;
  /** Hexadecimal. */
  readonly body_sha256: string;
  /** Whether the body went on. */
  readonly truncated: boolean;
  readonly verdict: Verdict;
  /** Why it is not valid, and what to do about it. */
  readonly code: string | null;
  readonly message: string | null;
  readonly hint: string | null;
  /** Which of the keys signed, and how it was read. */
  readonly key: { readonly index: number; readonly format: string } | null;
  /** Whether a verified delivery with this signature or notification id came before. */
  readonly replay: boolean;
  /** By the schema of health notifications; `unknown` for anything else. */
  readonly schema: "valid" | "invalid" | "unknown";
  /** What the body says, where it is a health notification. */
  readonly event: Readonly<Record<string, unknown>> | null;
  /** What was answered; the status is null where the sender had hung up. */
  readonly response: { readonly status: number | null; readonly fault: string | null };
}

/** A wait ended before enough deliveries came. */
export class UnmetWaitError extends AssertionError {
  private constructor();
  /** The newest that came and did not count, and why. */
  readonly nearMisses: readonly { readonly delivery: Delivery; readonly reasons: readonly string[] }[];
}

/**
 * The `hookseal` command: the one that `HOOKSEAL_BIN` names, the one of the package `@hookseal/cli-<os>-<cpu>`, or the one on
 * the PATH.
 *
 * @throws {Error} where there is none; it says what to install
 *
 * @example
 * import { execFileSync } from "node:child_process";
 * import { findCommand } from "hookseal/testing";
 *
 * console.log(String(execFileSync(findCommand(), ["--version"])));
 */
export function findCommand(): string;
