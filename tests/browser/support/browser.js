// Chromium, and pages that are watched: nothing may fail in them, and nothing may go to another host.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const QUIET = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** No sandbox: as root, and in many a container, Chromium has none. No names but this machine's are looked up. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  ...QUIET,
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

export function launch() {
  return chromium.launch({ executablePath: process.env.HOOKSEAL_CHROMIUM ?? "/usr/bin/chromium", args: ARGUMENTS });
}

export const WIDE = { width: 1600, height: 1000 };
export const NARROW = { width: 360, height: 740 };

/**
 * A page of its own, as nobody has used it before.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {import("./program.js").Server} server
 * @param {import("playwright-core").BrowserContextOptions & { expected?: RegExp }} [options] `expected`: complaints that a test provokes
 */
export async function openPage(browser, server, { expected, ...options } = {}) {
  const context = await browser.newContext({ viewport: WIDE, colorScheme: "light", locale: "en-GB", ...options });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(`${error.message}\n${error.stack}`));
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  context.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    const isOwn = host === new URL(server.page).host || protocol === "blob:";
    if (!isOwn) complaints.push(`a request to ${request.url()}`);
  });
  context.on("page", () => complaints.push("another page was opened"));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) => {
      console.error(`the policy was violated: ${violatedDirective} ${blockedURI} ${sample}`);
    });
  });
  await page.goto(server.page);
  return {
    page,
    context,
    /** Closes the page, which must not have complained. */
    async close() {
      await context.close();
      assert.deepEqual(
        complaints.filter((complaint) => !expected?.test(complaint)),
        [],
      );
    },
  };
}

/**
 * Waits until the page gets its events.
 *
 * @param {import("playwright-core").Page} page
 */
export async function live(page) {
  await page.locator('#connection[data-state="live"]').waitFor();
}

/**
 * The texts of the cards that are drawn, from the top.
 *
 * @param {import("playwright-core").Page} page
 * @returns {Promise<string[]>}
 */
export function cards(page) {
  return page.locator(".card").evaluateAll((cards) => {
    const sorted = cards.sort((a, b) => Number(a.getAttribute("data-index")) - Number(b.getAttribute("data-index")));
    return sorted.map(
      (card) => `${card.querySelector(".card-method")?.textContent} ${card.querySelector(".card-path")?.textContent}`,
    );
  });
}
