// The body: as it came, as JSON, as octets.

import { address } from "./api.js";
import { hex } from "./hex.js";
import { prettyJson } from "./json.js";
import { copy } from "./shared/clipboard.js";
import { fill, h } from "./shared/dom.js";
import { icon } from "./shared/icons.js";
import { sayError } from "./shared/messages.js";
import { visibleLines, visibleText } from "./shared/visible.js";
import { grouped, size } from "./shared/when.js";

/** So much is shown; a download has all. */
const MOST_SHOWN = 256 * 1024;
const MOST_HEX = 32 * 1024;
const MOST_COPIED = 32 * 1024 * 1024;

const READINGS = /** @type {const} */ (["Raw", "JSON", "Hex"]);

export class BodyPanel {
  /** @type {Uint8Array<ArrayBuffer> | null} */
  #octets = null;
  #chosen = 0;
  #content = h("div", {
    class: "body-content",
    id: "body-content",
    role: "tabpanel",
    tabindex: 0,
    "aria-labelledby": "body-tab-0",
  });
  #note = h("p", { class: "body-note muted small", hidden: true });
  #tabs;

  /**
   * @param {import("./api.js").Delivery} delivery
   * @param {(most: number) => Promise<Uint8Array<ArrayBuffer>>} fetch
   */
  constructor(delivery, fetch) {
    this.delivery = delivery;
    this.fetch = fetch;
    this.#tabs = READINGS.map((name, index) => this.#tab(name, index));
    this.element = h("section", { class: "panel body", "aria-label": "Body" }, this.#head(), this.#note, this.#content);
    this.#load();
  }

  /** @param {number} index */
  choose(index) {
    if (this.delivery.body_size === 0) return;
    this.#chosen = index;
    this.#tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", String(at === index));
      tab.tabIndex = at === index ? 0 : -1;
    });
    this.#content.setAttribute("aria-labelledby", `body-tab-${index}`);
    this.#draw();
  }

  #head() {
    const { id, body_size } = this.delivery;
    const heading = h("h2", {}, "Body ", h("span", { class: "muted small" }, size(body_size)));
    if (body_size === 0) return h("header", {}, heading);
    const tabs = h(
      "div",
      {
        class: "choices",
        role: "tablist",
        "aria-label": "How the body is read",
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
      },
      ...this.#tabs,
    );
    const copying = h(
      "button",
      {
        class: "button quiet icon",
        type: "button",
        "aria-label": "Copy the body as it is shown",
        title: "Copy",
        onclick: () => this.#copy().catch(sayError),
      },
      icon("copy"),
    );
    const download = h(
      "a",
      {
        class: "button quiet icon",
        href: address(`deliveries/${id}/body`),
        download: `${id}.bin`,
        "aria-label": "Download the raw body",
        title: "Download",
      },
      icon("download"),
    );
    return h("header", {}, heading, tabs, h("span", { class: "pair" }, copying, download));
  }

  /**
   * @param {string} name
   * @param {number} index
   */
  #tab(name, index) {
    const attributes = {
      id: `body-tab-${index}`,
      role: "tab",
      type: "button",
      "aria-controls": "body-content",
      "aria-selected": String(index === 0),
    };
    return h("button", { ...attributes, tabindex: index === 0 ? 0 : -1, onclick: () => this.choose(index) }, name);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowRight: 1, ArrowLeft: READINGS.length - 1 }[event.key];
    if (!step) return;
    this.choose((this.#chosen + step) % READINGS.length);
    this.#tabs[this.#chosen]?.focus();
    event.preventDefault();
    event.stopPropagation();
  }

  async #load() {
    if (this.delivery.body_size === 0) {
      this.#content.removeAttribute("role");
      this.#content.removeAttribute("tabindex");
      this.#content.removeAttribute("aria-labelledby");
      fill(this.#content, h("p", { class: "muted" }, "The body is empty. A signature covers that too."));
      return;
    }
    try {
      this.#octets = await this.fetch(MOST_SHOWN);
      this.#draw();
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      fill(this.#content, h("p", { class: "problem" }, error instanceof Error ? error.message : String(error)));
    }
  }

  #draw() {
    const octets = this.#octets;
    if (!octets) return;
    const draw = [() => this.#raw(octets), () => this.#json(octets), () => this.#hex(octets)][this.#chosen];
    draw?.();
  }

  /** @param {Uint8Array<ArrayBuffer>} octets */
  #raw(octets) {
    const { text, isUtf8 } = decoded(octets, octets.length < this.delivery.body_size);
    fill(this.#content, h("pre", {}, ...visibleLines(text)));
    const notes = [
      this.#cut(octets.length),
      !isUtf8 && "Not UTF-8: what could not be decoded is shown as U+FFFD. The hex reading has the octets.",
    ];
    this.#say(notes);
  }

  /** @param {Uint8Array<ArrayBuffer>} octets */
  #json(octets) {
    if (octets.length < this.delivery.body_size) {
      fill(this.#content, h("p", { class: "muted" }, `Only bodies up to ${size(MOST_SHOWN)} are read as JSON.`));
      return this.#say([]);
    }
    const { text } = decoded(octets, false);
    const pretty = prettyJson(text);
    if (pretty.error) {
      fill(this.#content, h("p", {}, "This is not JSON: ", h("span", { class: "mono" }, visibleText(pretty.error))));
      return this.#say([]);
    }
    fill(this.#content, h("pre", { class: "json" }, ...pretty.nodes));
    const notes = [
      "Laid out for reading, with numbers and strings as they are spelt. The signature covers the raw body.",
    ];
    this.#say([...notes, pretty.isCut && "Only the start is shown."]);
  }

  /** @param {Uint8Array<ArrayBuffer>} octets */
  #hex(octets) {
    const shown = octets.subarray(0, MOST_HEX);
    fill(this.#content, h("pre", { class: "hex" }, hex(shown)));
    this.#say([this.#cut(shown.length)]);
  }

  /** @param {number} shown */
  #cut(shown) {
    const whole = this.delivery.body_size;
    return shown < whole && `The first ${grouped(shown)} of ${grouped(whole)} octets. The download has all.`;
  }

  /** @param {(string | false)[]} notes */
  #say(notes) {
    const text = notes.filter(Boolean).join(" ");
    this.#note.hidden = text === "";
    fill(this.#note, text);
  }

  async #copy() {
    const octets = await this.fetch(MOST_COPIED);
    if (octets.length < this.delivery.body_size) throw new Error("The body is too large to copy: download it.");
    if (this.#chosen === 2) return copy(hex(octets), "Copied as a hex dump");
    const { text, isUtf8 } = decoded(octets, false);
    const pretty = this.#chosen === 1 ? prettyJson(text) : null;
    if (pretty && !pretty.error) return copy(pretty.text, "Copied as it is laid out");
    if (isUtf8) return copy(text, "Copied the raw body");
    return copy(base64(octets), "Not UTF-8: copied as base64");
  }
}

/**
 * @param {Uint8Array<ArrayBuffer>} octets
 * @param {boolean} isCut the last character may be half there
 */
function decoded(octets, isCut) {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(octets, { stream: isCut }), isUtf8: true };
  } catch {
    return { text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(octets), isUtf8: false };
  }
}

/** @param {Uint8Array} octets */
export function base64(octets) {
  let text = "";
  for (let at = 0; at < octets.length; at += 0x8000) text += String.fromCharCode(...octets.subarray(at, at + 0x8000));
  return btoa(text);
}
