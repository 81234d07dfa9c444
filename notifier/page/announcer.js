// Changes of states, spoken, and counted in the page's title.

import { visibleText } from "./shared/visible.js";
import { NAMES, share } from "./words.js";

/** More at a time would be chatter. */
const MOST = 3;

/**
 * @param {HTMLElement} element a live region
 * @param {import("./desk.js").Desk} desk
 */
export function announcer(element, desk) {
  /** @type {Map<string, string> | null} */
  let known = null;
  desk.addEventListener("status", () => {
    const { status } = desk;
    if (!status) return;
    const { warning, critical } = status.counts;
    document.title = warning + critical > 0 ? `(${warning + critical}) hookseal` : "hookseal";
    const before = known;
    known = new Map(
      status.resources.map((resource) => [JSON.stringify([resource.service, resource.resource]), resource.state]),
    );
    if (!before) return;
    const changed = status.resources.filter(({ service, resource, state }) => {
      const was = before.get(JSON.stringify([service, resource]));
      return was !== undefined && was !== state;
    });
    if (changed.length === 0) return;
    const sentences = changed.slice(0, MOST).map(({ service, resource, state, percent }) => {
      const figure = percent === null ? "" : `, ${share(percent)} free`;
      return `${NAMES[resource]} of ${visibleText(service)} is ${state}${figure}.`;
    });
    if (changed.length > MOST) sentences.push(`${changed.length - MOST} more have changed.`);
    element.textContent = sentences.join(" ");
  });
}
