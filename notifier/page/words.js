// How states look and what they are called.

import { h } from "./shared/dom.js";
import { icon } from "./shared/icons.js";
import { grouped, size } from "./shared/when.js";

/** @typedef {{ look: "valid" | "unsigned" | "invalid" | "", sign: Parameters<typeof icon>[0], text: string }} Look */

const STATES = /** @type {const} */ ({
  ok: { look: "valid", sign: "check", text: "ok" },
  warning: { look: "unsigned", sign: "warning", text: "warning" },
  critical: { look: "invalid", sign: "cross", text: "critical" },
});

const UNKNOWN = /** @type {const} */ ({ look: "", sign: "question", text: "unknown" });

const DELIVERIES = /** @type {const} */ ({
  pending: { look: "", sign: "clock", text: "waiting" },
  scheduled: { look: "unsigned", sign: "replay", text: "retrying" },
  in_progress: { look: "", sign: "forward", text: "sending" },
  success: { look: "valid", sign: "check", text: "delivered" },
  failure: { look: "invalid", sign: "cross", text: "dead" },
});

const HEALTHS = /** @type {const} */ ({
  untried: { look: "", sign: "question", text: "not tried yet" },
  ok: { look: "valid", sign: "check", text: "ok" },
  failing: { look: "unsigned", sign: "warning", text: "failing" },
  paused: { look: "invalid", sign: "pause", text: "paused" },
});

const OUTCOMES = /** @type {const} */ ({
  sending: { look: "", sign: "forward", text: "under way" },
  delivered: { look: "valid", sign: "check", text: "delivered" },
  retry: { look: "unsigned", sign: "replay", text: "will be tried again" },
  refused: { look: "invalid", sign: "cross", text: "refused" },
  interrupted: { look: "unsigned", sign: "warning", text: "interrupted" },
});

const KINDS = /** @type {Record<string, string>} */ ({
  "health.email": "E-mail",
  "health.pagerduty": "PagerDuty",
  "health.slack": "Slack",
  "health.webhook": "Webhook",
});

/**
 * @param {import("./api.js").Resource} resource
 * @returns {Look}
 */
export function lookOf(resource) {
  return resource.unknown ? UNKNOWN : STATES[resource.state];
}

/**
 * @param {import("./api.js").Delivery} delivery
 * @returns {Look}
 */
export function lookOfDelivery({ state, result }) {
  return DELIVERIES[state === "complete" ? (result ?? "failure") : state];
}

/**
 * @param {import("./api.js").Health} health
 * @returns {Look}
 */
export function lookOfHealth({ state }) {
  return HEALTHS[state];
}

/**
 * @param {import("./api.js").Attempt} attempt
 * @returns {Look}
 */
export function lookOfAttempt({ outcome }) {
  return OUTCOMES[outcome];
}

/** @param {Look} look */
export function badge({ look, sign, text }) {
  return h("span", { class: `badge ${look}`.trim() }, icon(sign), text);
}

/** @param {string} type */
export function kind(type) {
  return KINDS[type] ?? type;
}

/**
 * So many bytes or inodes.
 *
 * @param {"disk" | "inodes"} resource
 * @param {number} amount
 */
export function amount(resource, amount) {
  return resource === "disk" ? size(amount).replace(".0 ", " ") : grouped(amount);
}

/**
 * A share, without the second decimal where it says nothing.
 *
 * @param {number} percent
 */
export function share(percent) {
  const text = percent >= 30 ? percent.toFixed(0) : percent.toFixed(1);
  return `${text.replace(/\.0$/, "")} %`;
}

export const NAMES = /** @type {const} */ ({ disk: "Disk", inodes: "Inodes" });
