// Before anything came: where to send, and commands that do.

import { copyButton } from "./shared/clipboard.js";
import { h } from "./shared/dom.js";

/** Where deliveries go: where the page is, unless the page has an address of its own. */
let origin = location.origin;

/** @param {string | null | undefined} url what the receiver says, where it is another */
export function deliverTo(url) {
  if (!url) return;
  const there = new URL(url);
  // A receiver that listens on all addresses is reached as its page is.
  if (there.hostname === "0.0.0.0" || there.hostname === "[::]") there.hostname = location.hostname;
  origin = there.origin;
}

export function deliveryOrigin() {
  return origin;
}

const BODY = '{"hello":"world"}';

export function welcome() {
  const send = `hookseal send ${origin}/health --shared-key-file key.txt`;
  const sign = `printf '%s' '${BODY}' > body.json
curl ${origin}/health \\
  -H "X-JWS-Signature: $(hookseal sign body.json --shared-key-file key.txt)" \\
  -H 'Content-Type: application/json' --data-binary @body.json`;
  return h(
    "div",
    { class: "welcome" },
    h(
      "div",
      {},
      h("h2", {}, "Waiting for the first delivery"),
      h(
        "p",
        { class: "lead" },
        "Every method and path is taken. What comes shows here at once, verified, and is kept as it came.",
      ),
    ),
    h(
      "ol",
      { class: "steps" },
      step("Send to this URL", "Give it to the platform, or to your program.", `${origin}/health`),
      step("Or send a signed sample", "From another terminal, with the key that this receiver was started with.", send),
      step("Or sign a body of your own with curl", "The signature covers the octets of the file.", sign),
    ),
  );
}

/**
 * @param {string} title
 * @param {string} text
 * @param {string} command
 */
function step(title, text, command) {
  return h(
    "li",
    {},
    h("h3", {}, title),
    h("p", { class: "muted" }, text),
    h(
      "div",
      { class: "command" },
      h("pre", {}, command),
      copyButton(() => command, `Copy: ${title}`),
    ),
  );
}
