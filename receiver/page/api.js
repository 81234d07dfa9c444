// The control API, as the receiver has it.

import { address, request, ROOT } from "./shared/client.js";

export { address, ApiError, get, send, text } from "./shared/client.js";

/**
 * @typedef {object} Delivery as the API answers it
 * @property {string} id
 * @property {string} received_at
 * @property {string} method
 * @property {string} path
 * @property {string | null} query
 * @property {string} target
 * @property {string} http_version
 * @property {string} peer
 * @property {[string, string][]} headers
 * @property {number} body_size
 * @property {string} body_sha256
 * @property {boolean} truncated
 * @property {"valid" | "invalid" | "unsigned"} verdict
 * @property {string | null} code
 * @property {string | null} message
 * @property {string | null} hint
 * @property {{ index: number, format: string } | null} key
 * @property {boolean} replay
 * @property {"valid" | "invalid" | "unknown"} schema
 * @property {Event | null} event
 * @property {{ status: number | null, fault: unknown }} response
 * @property {Forwarded | null} [forward] what became of it, where it goes on to an application
 *
 * @typedef {object} Event what a notification says
 * @property {string} [id]
 * @property {string} [type]
 * @property {string} [severity]
 * @property {string} [service]
 * @property {string} [resource]
 * @property {number} [percent]
 * @property {string} [text]
 *
 * @typedef {object} Forwarded
 * @property {string} to
 * @property {"pending" | "delivered" | "refused" | "failed"} state
 * @property {number | null} status
 * @property {number | null} took_ms
 * @property {number} attempts
 * @property {string | null} error
 * @property {string | null} body
 *
 * @typedef {{ id: string, found: string, fix: string, detail: Record<string, string | number> }} Note
 * @typedef {Note & { family: string }} Cause
 * @typedef {{ keys: number, bodies: number, inputs: number, pairs: number }} RuledOut
 * @typedef {object} Explanation
 * @property {boolean} valid
 * @property {Cause[]} causes each of them proved
 * @property {Note[]} notes what is odd, and proves nothing
 * @property {number} tried signatures that were computed
 * @property {boolean} exhausted whether there was more to try than may be tried
 * @property {RuledOut} ruled_out
 */

/**
 * How the receiver is: how much it holds, how many made room for newer ones, and where deliveries go when that is not where
 * the page is.
 *
 * @returns {Promise<{ inbox: { held: number, bytes: number, dropped: number }, deliveries_url: string | null }>}
 */
export async function health() {
  return (await request(new URL("../healthz", ROOT).href, {})).json();
}

/**
 * A delivery's body, up to so many octets.
 *
 * @param {string} id
 * @param {number} most
 * @param {AbortSignal} [signal]
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function body(id, most, signal) {
  const response = await request(address(`deliveries/${id}/body`), { signal });
  const reader = response.body?.getReader();
  const pieces = [];
  let length = 0;
  while (reader && length < most) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    length += value.length;
  }
  reader?.cancel().catch(() => {});
  return joined(pieces, Math.min(length, most));
}

/**
 * @param {Uint8Array[]} pieces
 * @param {number} length
 */
function joined(pieces, length) {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece.subarray(0, length - at), at);
    at += Math.min(piece.length, length - at);
  }
  return whole;
}
