// Asking the control API that a page belongs to.

/** Relative to the page, so that it works behind any prefix. */
export const ROOT = new URL("api/", document.baseURI);

/** What the API refuses, with the code and the message that it gave. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * The address of an endpoint.
 *
 * @param {string} path
 * @param {Record<string, string | number | undefined>} [query]
 */
export function address(path, query = {}) {
  const url = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  return url.href;
}

/**
 * @param {string} path
 * @param {Record<string, string | number | undefined>} [query]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>} the JSON that it answers
 */
export async function get(path, query, signal) {
  return (await request(address(path, query), { signal })).json();
}

/**
 * @param {string} path
 * @param {Record<string, string>} query
 * @returns {Promise<string>}
 */
export async function text(path, query) {
  return (await request(address(path, query), {})).text();
}

/**
 * @param {"POST" | "PUT" | "DELETE"} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>} the JSON that it answers, if any
 */
export async function send(method, path, body = {}) {
  const headers = { "Content-Type": "application/json" };
  const response = await request(address(path), { method, headers, body: JSON.stringify(body) });
  const text = await response.text();
  return text === "" ? null : JSON.parse(text);
}

/**
 * @param {string} url
 * @param {RequestInit} init
 * @returns {Promise<Response>} one that succeeded
 */
export async function request(url, init) {
  let response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "unreachable", "hookseal does not answer.");
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new ApiError(
    response.status,
    problem.code ?? "error",
    problem.message ?? `hookseal answered ${response.status}.`,
  );
}
