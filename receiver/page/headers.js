// Headers as they came: every one, in order.

import { copyButton } from "./shared/clipboard.js";
import { h } from "./shared/dom.js";
import { visible } from "./shared/visible.js";

/** @param {import("./api.js").Delivery} delivery */
export function headersPanel({ headers }) {
  const text = () => headers.map(([name, value]) => `${name}: ${value}\n`).join("");
  const names = headers.map(([name]) => name);
  const rows = headers.map(([name, value]) => {
    const isRepeated = names.indexOf(name) !== names.lastIndexOf(name);
    const title = isRepeated ? "This name came more than once" : undefined;
    return h(
      "tr",
      { class: name === "x-jws-signature" ? "signature" : undefined },
      h(
        "th",
        { scope: "row", class: "mono" },
        ...visible(name),
        isRepeated && h("span", { class: "badge notice", title }, "repeated"),
      ),
      h("td", { class: "mono" }, ...headerValue(value)),
    );
  });
  return h(
    "section",
    { class: "panel", "aria-label": "Headers" },
    h(
      "header",
      {},
      h("h2", {}, "Headers ", h("span", { class: "muted small" }, String(headers.length))),
      copyButton(text, "Copy the headers"),
    ),
    h("table", { class: "table headers" }, h("tbody", {}, ...rows)),
  );
}

/**
 * A value is octets, which the API gives as ISO-8859-1. Where they are UTF-8, that is what the sender meant.
 *
 * @param {string} value
 */
function headerValue(value) {
  if (!/[\x80-\xff]/.test(value)) return visible(value);
  try {
    const octets = Uint8Array.from(value, (character) => character.charCodeAt(0));
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
    return [...visible(text), " ", h("span", { class: "badge" }, "UTF-8")];
  } catch {
    return visible(value);
  }
}
