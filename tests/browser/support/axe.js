// axe-core, in a page whose policy it is let past.

import assert from "node:assert/strict";
import axe from "axe-core";

/**
 * @param {import("playwright-core").Page} page
 * @param {string} where
 */
export async function check(page, where) {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const options = {
      resultTypes: ["violations"],
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    };
    const results = await /** @type {any} */ (window).axe.run(document, options);
    return results.violations.map((/** @type {import("axe-core").Result} */ { id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`),
    }));
  });
  assert.equal(
    violations
      .map((/** @type {unknown} */ violation) => JSON.stringify(violation, null, 1))
      .join("\n")
      .slice(0, 2000),
    "",
    where,
  );
}
