import type { Body, KeyCode, KeyFormat, Signature, VerificationCode, VerifierOptions } from "./index.js";

/**
 * Says why a signature does not verify: what has to be undone for its MAC to match.
 *
 * It takes the shared key as a Verifier takes it, or an array of several, usable or not. What people run into with keys,
 * bodies and headers is tried, alone and in pairs, and a cause is named only when a MAC proves it. At most 512 MACs and
 * 64 MiB of hashing are spent.
 *
 * The answer is for whoever runs the receiver, never for the sender: a stranger could use it to search for keys.
 *
 * @example
 * const sharedKey = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
 * const { causes } = explain(sharedKey, '{"disk":"low"}', sign('{"disk": "low"}', sharedKey));
 * assert.equal(causes[0].id, "body.json_reserialised");
 * assert.equal(causes[0].detail.style, "python");
 */
export function explain(
  sharedKeys: ExplainedKey | readonly ExplainedKey[],
  body: Body,
  signature: Signature,
  options?: VerifierOptions,
): Explanation;

/** A string as it stands in the platform's settings, or the key's raw octets. */
export type ExplainedKey = string | ArrayBufferView | ArrayBufferLike;

/** What was found out. */
export interface Explanation {
  /** The signature verifies as it is: there is nothing to explain. */
  readonly valid: boolean;
  /** Why it was refused; null when it is valid. */
  readonly code: VerificationCode | KeyCode | null;
  /** The refusal in words; null when it is valid. */
  readonly message: string | null;
  /** The likely culprit, which is a guess where `causes` are proved; null when it is valid or the key cannot be used. */
  readonly hint: string | null;
  /** The place of the key that signed, counted from 0; null unless a MAC matches. */
  readonly keyIndex: number | null;
  /** How the key that signed is read; null unless a MAC matches. */
  readonly keyFormat: KeyFormat | null;
  /** What has to be undone, all of it together, for the signature to match; empty when nothing that was tried does. */
  readonly causes: readonly Cause[];
  /** What no MAC proves: whose scheme a value is, damage that cannot be undone, keys that cannot be used. */
  readonly notes: readonly Note[];
  /** How many MACs were computed. */
  readonly tried: number;
  /** The budget ended the search before everything was tried. */
  readonly exhausted: boolean;
  /** How many hypotheses of each family a MAC disproved. */
  readonly ruledOut: {
    readonly keys: number;
    readonly bodies: number;
    readonly inputs: number;
    readonly pairs: number;
  };
}

/** Something worth knowing that no MAC proves. */
export interface Note {
  /** The stable name. */
  readonly id: string;
  /** What was found. */
  readonly found: string;
  /** What to do about it. */
  readonly fix: string;
  /** The place and the like. */
  readonly detail: { readonly [name: string]: string | number };
}

/** One change that makes the signature match, proved by a MAC. */
export interface Cause extends Note {
  /** What it is about. */
  readonly family: "key" | "body" | "input" | "value";
}
