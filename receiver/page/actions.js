// What can be done with a delivery.

import { address, get, send, text } from "./api.js";
import { ask, confirm } from "./shared/dialogs.js";
import { copy } from "./shared/clipboard.js";
import { h } from "./shared/dom.js";
import { icon } from "./shared/icons.js";
import { menu } from "./shared/menu.js";
import { say, sayError } from "./shared/messages.js";
import { visible } from "./shared/visible.js";

/**
 * @typedef {object} Actions
 * @property {HTMLElement} element
 * @property {() => void} resend
 * @property {() => void} forward
 * @property {() => void} copyCurl
 * @property {() => void} remove
 */

/** Where the last one was forwarded to; most people have one application. */
let lastTarget = "http://127.0.0.1:3000/";

/**
 * @param {import("./api.js").Delivery} delivery
 * @param {{ removed: (id: string) => void }} does
 * @returns {Actions}
 */
export function actions({ id }, does) {
  const resend = quietly(() => resendTo(id, undefined));
  const forward = quietly(() => forwardTo(id));
  const remove = quietly(async () => {
    if (!(await confirm("Delete this delivery?", "It is removed from the inbox. A sender cannot tell.", "Delete")))
      return;
    await send("DELETE", `deliveries/${id}`);
    does.removed(id);
  });
  const copyCurl = quietly(async () =>
    copy(await text(`deliveries/${id}/export`, { format: "curl" }), "Copied as a curl command"),
  );
  const copyVector = quietly(async () =>
    copy(await text(`deliveries/${id}/export`, { format: "vector" }), "Copied as a test vector"),
  );
  const copyJson = quietly(async () => copy(JSON.stringify(await get(`deliveries/${id}`), null, 2), "Copied as JSON"));
  const copying = menu(
    button("copy", "Copy as…"),
    () => [
      { label: "curl command", note: "Sends the same octets and signature", run: copyCurl },
      { label: "Test vector", note: "For the tests of a verifier", run: copyVector },
      { label: "JSON", note: "As the API shows it", run: copyJson },
      {
        label: "HAR file",
        note: "For tools that read HTTP archives",
        href: address(`deliveries/${id}/export`, { format: "har" }),
      },
    ],
    { start: true },
  );
  const element = h(
    "div",
    { class: "actions", role: "group", "aria-label": "Actions" },
    button("replay", "Resend", resend, "Sends the same octets to this receiver again"),
    button("forward", "Forward…", forward, "Sends the same octets to another URL"),
    copying,
    button("trash", "Delete", remove, undefined, "danger"),
  );
  return { element, resend, forward, copyCurl, remove };
}

/**
 * @param {Parameters<typeof icon>[0]} picture
 * @param {string} label
 * @param {() => void} [run]
 * @param {string} [title]
 * @param {string} [look]
 */
function button(picture, label, run, title, look = "") {
  return h("button", { class: `button ${look}`.trim(), type: "button", title, onclick: run }, icon(picture), label);
}

/**
 * @param {string} id
 * @param {string | undefined} to
 */
async function resendTo(id, to) {
  const answer = await send("POST", `deliveries/${id}/replay`, to === undefined ? {} : { to });
  const took = typeof answer?.took_ms === "number" ? ` in ${answer.took_ms.toFixed(1)} ms` : "";
  if (to === undefined) say(`Sent again: answered ${answer.status}${took}`);
  return answer;
}

/** @param {string} id */
async function forwardTo(id) {
  const result = h("div", { class: "forward-answer", "aria-live": "polite" });
  await ask({
    title: "Forward to a URL",
    text: "The same method, headers and octets, with the same signature. The path is the URL's.",
    label: "URL",
    value: lastTarget,
    type: "url",
    action: "Forward",
    below: result,
    run: async (to) => {
      lastTarget = to;
      result.replaceChildren(...answered(await resendTo(id, to)));
    },
  });
}

/** @param {{ status: number, took_ms?: number, body?: string, headers?: [string, string][], truncated?: boolean, omitted?: string[] }} answer */
function answered({ status, took_ms, body, omitted }) {
  const kind = status < 300 ? "valid" : status < 500 ? "invalid" : "unsigned";
  /** @type {HTMLElement[]} */
  const parts = [
    h("p", {}, h("span", { class: `badge ${kind}` }, status), took_ms !== undefined && ` in ${took_ms.toFixed(1)} ms`),
  ];
  if (omitted && omitted.length > 0)
    parts.push(h("p", { class: "muted small" }, `Not sent, since their values are not kept: ${omitted.join(", ")}`));
  if (body) parts.push(h("pre", {}, ...visible(body.slice(0, 4000))));
  return parts;
}

/** @param {() => Promise<unknown>} run */
function quietly(run) {
  return () => {
    run().catch(sayError);
  };
}
