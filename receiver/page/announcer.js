// New deliveries, spoken: how many came, not each.

/** In milliseconds; more often would be chatter. */
const EVERY = 5000;

/**
 * @param {HTMLElement} element a live region
 * @returns {(event: Event) => void} listens to the store's `arrived`
 */
export function announcer(element) {
  /** @type {import("./row.js").Row[]} */
  let come = [];
  let waits = false;
  const speak = () => {
    const count = come.length;
    const [only] = come;
    const refused = come.filter(({ verdict }) => verdict !== "valid").length;
    come = [];
    waits = count > 0;
    if (count === 0) return;
    const what =
      count === 1 ? `A new delivery, ${only?.verdict}.` : `${count} new deliveries, ${refused} of them not valid.`;
    element.textContent = what;
    setTimeout(speak, EVERY);
  };
  return (event) => {
    come.push(.../** @type {CustomEvent} */ (event).detail);
    if (!waits) speak();
  };
}
