// The right side: one delivery with all that is known of it.

import { body as fetchBody, get } from "./api.js";
import { actions } from "./actions.js";
import { BodyPanel } from "./body.js";
import { facts } from "./facts.js";
import { forwardedPanel } from "./forwarded.js";
import { headersPanel } from "./headers.js";
import { fill, h } from "./shared/dom.js";
import { icon } from "./shared/icons.js";
import { visible, visibleText } from "./shared/visible.js";
import { verdictPanel } from "./verdict.js";

/** Somebody who holds a key down passes over deliveries that need not be fetched. */
const PAUSE = 40;

export class DeliveryPane {
  #shown = "";
  #stop = new AbortController();
  /** @type {BodyPanel | null} */
  #body = null;
  /** @type {import("./actions.js").Actions | null} */
  #actions = null;

  /**
   * @param {HTMLElement} element
   * @param {object} does
   * @param {() => void} does.back goes to the list
   * @param {(text: string) => void} does.filterBy
   * @param {(id: string) => void} does.removed
   */
  constructor(element, does) {
    this.element = element;
    this.does = does;
  }

  /** What the keys of the keyboard do to the delivery that is shown. */
  get actions() {
    return this.#actions;
  }

  /** @param {number} index */
  showReading(index) {
    this.#body?.choose(index);
  }

  /** @param {string} id */
  async show(id) {
    this.#stop.abort();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    await new Promise((resolve) => setTimeout(resolve, this.#shown === "" ? 0 : PAUSE));
    if (signal.aborted) return;
    try {
      /** @type {import("./api.js").Delivery} */
      const delivery = await get(`deliveries/${id}`, {}, signal);
      if (!signal.aborted) this.#draw(delivery, signal);
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  /**
   * In place of a delivery.
   *
   * @param {...Node} content
   */
  showInstead(...content) {
    this.#stop.abort();
    this.#shown = "";
    this.#actions = null;
    this.#body = null;
    this.element.setAttribute("aria-label", "Delivery");
    fill(this.element, ...content);
    this.element.scrollTop = 0;
  }

  /**
   * @param {import("./api.js").Delivery} delivery
   * @param {AbortSignal} signal
   */
  #draw(delivery, signal) {
    this.#shown = delivery.id;
    /** @param {number} most */
    const body = (most) => fetchBody(delivery.id, most, signal);
    this.#actions = actions(delivery, this.does);
    this.#body = new BodyPanel(delivery, body);
    const { verdict } = this.#body.delivery;
    this.element.setAttribute(
      "aria-label",
      `Delivery: ${visibleText(`${delivery.method} ${delivery.path}`)}, ${verdict}`,
    );
    fill(
      this.element,
      h(
        "article",
        { class: "delivery" },
        this.#heading(delivery),
        h("div", { class: "delivery-main" }, verdictPanel(delivery, this.does.filterBy, signal), this.#body.element),
        h("div", { class: "delivery-side" }, facts(delivery), forwardedPanel(delivery, signal), headersPanel(delivery)),
      ),
    );
    this.element.scrollTop = 0;
  }

  /** @param {import("./api.js").Delivery} delivery */
  #heading({ method, path, query }) {
    const back = h(
      "button",
      { class: "button quiet icon back", type: "button", "aria-label": "Back to the list", onclick: this.does.back },
      icon("back"),
    );
    const target = h(
      "span",
      { class: "target mono" },
      ...visible(path),
      query !== null && h("span", { class: "muted" }, ...visible(`?${query}`)),
    );
    return h(
      "header",
      { class: "delivery-head" },
      h(
        "div",
        { class: "delivery-title" },
        back,
        h("h2", {}, h("span", { class: "badge method" }, visibleText(method)), target),
      ),
      this.#actions?.element,
    );
  }

  /** @param {unknown} error */
  #failed(error) {
    const message = error instanceof Error ? error.message : String(error);
    this.showInstead(h("div", { class: "delivery" }, h("p", { class: "problem", role: "alert" }, message)));
  }
}
