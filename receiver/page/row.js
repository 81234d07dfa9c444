// What the list keeps of a delivery: little, since it keeps many.

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {number} time in milliseconds since 1970
 * @property {string} receivedAt
 * @property {string} method
 * @property {string} path
 * @property {string} query with its question mark
 * @property {"valid" | "invalid" | "unsigned"} verdict
 * @property {string} code
 * @property {string} note what it says, or what is wrong with it
 * @property {number} size
 * @property {boolean} replay
 * @property {number | null} status
 */

/**
 * @param {import("./api.js").Delivery} delivery
 * @returns {Row}
 */
export function row(delivery) {
  const { id, method, path, query, verdict, code, event, replay, response } = delivery;
  return {
    id,
    time: Date.parse(delivery.received_at),
    receivedAt: delivery.received_at,
    method,
    path,
    query: query === null ? "" : `?${query}`,
    verdict,
    code: code ?? "",
    note: (code ?? event?.text ?? event?.type ?? "").slice(0, 200),
    size: delivery.body_size,
    replay,
    status: response.status,
  };
}
