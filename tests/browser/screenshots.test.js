// Screenshots at both widths and in both themes, for people to look at. `HOOKSEAL_UPDATE=1` writes the documentation's too.

import assert from "node:assert/strict";
import { copyFile, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { launch, live, NARROW, openPage, WIDE } from "./support/browser.js";
import { startDashboard } from "./support/dashboard.js";
import { startReceiver } from "./support/receiver.js";
import { fillInbox } from "./support/sample.js";

const FOLDER = process.env.HOOKSEAL_SCREENSHOTS ?? "../../target/xtask/screenshots";
/** In the documentation, by what they are of. */
const DOCUMENTED = {
  "1280-light-mismatch": "../../docs/receiver.png",
  "1280-light-dashboard": "../../docs/notifier.png",
};
const PRINTED = { width: 1280, height: 740 };

test("screenshots are taken", { timeout: 180_000 }, async () => {
  await mkdir(FOLDER, { recursive: true });
  const browser = await launch();
  try {
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      for (const viewport of [WIDE, PRINTED, NARROW]) {
        await take(browser, viewport, colorScheme);
        await takeDashboard(browser, viewport, colorScheme);
      }
    }
  } finally {
    await browser.close();
  }
  for (const [name, path] of Object.entries(DOCUMENTED)) {
    if (process.env.HOOKSEAL_UPDATE) await copyFile(join(FOLDER, `${name}.png`), path);
    assert.ok((await stat(path)).size < 200_000, `${path} is too large`);
  }
});

/**
 * @param {import("playwright-core").Browser} browser
 * @param {typeof WIDE} viewport
 * @param {"light" | "dark"} colorScheme
 */
async function take(browser, viewport, colorScheme) {
  const receiver = await startReceiver();
  const { page, close } = await openPage(browser, receiver, { viewport, colorScheme });
  const shot = (/** @type {string} */ name) =>
    page.screenshot({ path: join(FOLDER, `${viewport.width}-${colorScheme}-${name}.png`) });
  try {
    await live(page);
    await shot("empty");
    await fillInbox(receiver);
    await page.locator(".card", { hasText: "/hooks/reserialised" }).waitFor({ state: "attached" });
    if (viewport === NARROW)
      await page.locator(".panes").evaluate((panes) => panes.setAttribute("data-shown", "inbox"));
    await shot("list");
    for (const [name, path] of [
      ["mismatch", "/hooks/reserialised"],
      ["valid", "/webhooks/health"],
    ]) {
      await page.locator(".card", { hasText: path }).first().click();
      await page.locator(".target", { hasText: path }).waitFor();
      if (name === "mismatch") await page.locator(".cause").waitFor();
      await page.locator(".body-content pre").waitFor();
      await shot(name ?? "");
      if (viewport === NARROW) await page.getByRole("button", { name: "Back to the list" }).click();
    }
    await page.getByRole("button", { name: "Keys" }).click();
    await shot("keys");
    await close();
  } finally {
    await receiver.stop();
  }
}

/**
 * @param {import("playwright-core").Browser} browser
 * @param {typeof WIDE} viewport
 * @param {"light" | "dark"} colorScheme
 */
async function takeDashboard(browser, viewport, colorScheme) {
  const dashboard = await startDashboard();
  const { page, close } = await openPage(browser, dashboard, { viewport, colorScheme });
  const shot = (/** @type {string} */ name, fullPage = false) =>
    page.screenshot({ path: join(FOLDER, `${viewport.width}-${colorScheme}-${name}.png`), fullPage });
  try {
    await live(page);
    await page.getByRole("button", { name: "The last 30 days" }).click();
    await page
      .getByText("−30 d")
      .nth(viewport === NARROW ? 0 : 3)
      .waitFor({ state: "attached" });
    await shot("dashboard");
    await shot("dashboard-whole", true);
    await page.locator(".delivery-row.unsigned").first().click();
    await page.locator(".attempt").first().waitFor();
    await shot("dashboard-delivery");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Silence", exact: true }).click();
    await shot("dashboard-silence");
    await close();
  } finally {
    await dashboard.stop();
  }
}
