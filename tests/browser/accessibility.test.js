// axe-core finds nothing, at both widths and in both themes; and a hand on the keyboard alone gets everywhere.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { check } from "./support/axe.js";
import { launch, live, NARROW, openPage, WIDE } from "./support/browser.js";
import { deliver, holds, startReceiver } from "./support/receiver.js";
import { fillInbox } from "./support/sample.js";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  for (const viewport of [WIDE, NARROW]) {
    const where = `${viewport.width} px, ${colorScheme}`;
    test(`axe finds nothing at ${where}`, { timeout: 180_000 }, async () => {
      const receiver = await startReceiver();
      // axe is a script of ours that the page's policy would not let in.
      const { page, close } = await openPage(browser, receiver, { viewport, colorScheme, bypassCSP: true });
      const isNarrow = viewport === NARROW;
      try {
        await live(page);
        await check(page, `${where}: empty`);
        await fillInbox(receiver);
        await page.locator(".card").nth(5).waitFor({ state: "attached" });
        if (isNarrow) await page.locator(".panes").evaluate((panes) => panes.setAttribute("data-shown", "inbox"));
        for (const path of ["/webhooks/health", "/hooks/unsigned", "/hooks/reserialised"]) {
          await page.locator(".card", { hasText: path }).first().click();
          await page.locator(".target", { hasText: path }).waitFor();
          if (path === "/hooks/reserialised") await page.locator(".cause").waitFor();
          await check(page, `${where}: ${path}`);
          if (isNarrow) await page.getByRole("button", { name: "Back to the list" }).click();
        }
        await page.getByRole("button", { name: "Table" }).click();
        await page.getByRole("button", { name: "Export" }).click();
        await check(page, `${where}: the list, its table and a menu`);
        await page.keyboard.press("Escape");
        for (const tool of ["Keys", "Faults", "Clear all"]) {
          await page.getByRole("button", { name: tool }).click();
          await check(page, `${where}: the dialog ${tool}`);
          await page.keyboard.press("Escape");
        }
        assert.ok(
          await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
          "nothing stands out at the side",
        );
        await close();
      } finally {
        await receiver.stop();
      }
    });
  }
}

test("at 360 px the list and a delivery are two views, and the focus goes along", async () => {
  const receiver = await startReceiver();
  const { page, close } = await openPage(browser, receiver, { viewport: NARROW });
  try {
    await deliver(receiver, { target: "/a" });
    await live(page);
    await page.locator(".card", { hasText: "/a" }).click();
    await page.locator('.target:text-is("/a")').waitFor();
    await page.locator(".list").waitFor({ state: "hidden" });
    await page.locator("#detail:focus").waitFor();
    await page.getByRole("button", { name: "Back to the list" }).click();
    await page.locator(".list[role=listbox]:focus").waitFor();
    await page.locator(".detail").waitFor({ state: "hidden" });
    await page.keyboard.press("Enter");
    await page.locator(".detail").waitFor();
    await page.goBack(); // the browser's way back leads there too
    await page.locator(".list").waitFor();

    await deliver(receiver, { target: "/unseen" });
    await page.locator(".card.unread", { hasText: "/unseen" }).waitFor();
    await holds(async () => assert.equal(await page.title(), "(1) hookseal", "what is picked unseen is not read"));
    await close();
  } finally {
    await receiver.stop();
  }
});

test("whoever wants no motion gets none", async () => {
  const receiver = await startReceiver();
  const { page, close } = await openPage(browser, receiver, { reducedMotion: "reduce" });
  try {
    await live(page);
    const durations = await page
      .locator(".button")
      .evaluateAll((buttons) => buttons.map((button) => getComputedStyle(button).transitionDuration));
    assert.ok(
      durations.length > 0 && durations.every((duration) => /^(0s|0ms)(, (0s|0ms))*$/.test(duration)),
      durations.join("; "),
    );
    await close();
  } finally {
    await receiver.stop();
  }
});
