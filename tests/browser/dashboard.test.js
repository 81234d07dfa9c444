// The notifier's dashboard: its main paths, with a month of made-up figures.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { check } from "./support/axe.js";
import { launch, live, NARROW, openPage, WIDE } from "./support/browser.js";
import { active, CORPUS } from "./support/corpus.js";
import { startDashboard } from "./support/dashboard.js";
import { eventually, holds } from "./support/program.js";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/**
 * @typedef {{ server: import("./support/program.js").Server, page: import("playwright-core").Page }} Parts
 *
 * @param {string} name
 * @param {(parts: Parts) => Promise<void>} run
 * @param {{ arguments?: string[], expected?: RegExp, page?: import("playwright-core").BrowserContextOptions }} [options]
 */
function onDashboard(name, run, { arguments: given = [], expected, page: options } = {}) {
  test(name, { timeout: 120_000 }, async () => {
    const server = await startDashboard(...given);
    try {
      const { page, close } = await openPage(browser, server, { expected, ...options });
      await run({ server, page });
      await close();
    } finally {
      await server.stop();
    }
  });
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string} name
 */
function service(page, name) {
  return page.getByRole("article", { name: `Service ${name}`, exact: true });
}

onDashboard("states are shown, the worst first, with gauges and the notifier's own trouble", async ({ page }) => {
  await live(page);
  await page.getByRole("heading", { name: "1 critical, 1 warning, 1 unknown" }).waitFor();
  await holds(async () => {
    const names = await page.locator(".service-name").allInnerTexts();
    assert.deepEqual(names, ["database", "uploads", "archive", "app", "queue", "search"]);
    const database = await service(page, "database").innerText();
    assert.match(database, /critical/);
    assert.match(database, /4\.1 GB of 50 GB free/);
    const label = await service(page, "database").locator(".gauge").first().getAttribute("aria-label");
    assert.equal(label, "Disk: 8.2 % free");
    assert.match(
      await service(page, "archive").innerText(),
      /Unknown for 60 checks: statvfs did not answer within 5 s/,
    );
    assert.match(await service(page, "uploads").innerText(), /silenced/);
    assert.equal(await page.title(), "(2) hookseal");
    assert.match(await page.locator("#project").innerText(), /shop\s*main/);
    assert.match(await page.locator("#summary").innerText(), /Checked \d+ s ago, next in \d+ min/);
  });
});

onDashboard(
  "a plot shows the last day, week or month with both lines, and is read with the keyboard",
  async ({ page }) => {
    const disk = service(page, "database").locator(".resource").first();
    const slider = disk.getByRole("slider");
    await disk.locator(".history-plot .line").first().waitFor({ state: "attached" });
    assert.deepEqual(await disk.locator(".history-marks .warning, .history-marks .critical").allInnerTexts(), [
      "20 %",
      "10 %",
    ]);
    const started = performance.now();
    await page.getByRole("button", { name: "The last 30 days" }).click();
    await disk.getByText("−30 d").waitFor({ state: "attached" });
    console.log(`a month was drawn after ${(performance.now() - started).toFixed(0)} ms`);
    await holds(async () => {
      const length = await disk.locator(".history-plot .fine .line").getAttribute("d");
      const points = length?.split("L").length ?? 0;
      assert.ok(points > 300 && points <= 510, `${points} points`);
      assert.equal(length?.split("M").length, 3, "while the machine was off, there is no line");
      assert.equal(await slider.getAttribute("aria-label"), "History of database, disk over 30 days");
    });
    const says = (/** @type {RegExp} */ what) =>
      holds(async () => assert.match((await slider.getAttribute("aria-valuetext")) ?? "", what));
    await says(/^Between 8\.2 % and \d+ % free$/);
    await slider.focus();
    await page.keyboard.press("Home");
    await says(/: [56]\d % free, \d+(\.\d)? GB/);
    await page.keyboard.press("End");
    await says(/: 8\.2 % free, 4\.1 GB/);
    await page.keyboard.press("ArrowLeft");
    await holds(async () =>
      assert.notEqual(await slider.getAttribute("aria-valuenow"), await slider.getAttribute("aria-valuemax")),
    );
    await disk.locator(".history-plot").hover();
    await disk.locator(".history-cursor").waitFor();
  },
);

onDashboard("a delivery shows its attempts, and is delivered again", async ({ server, page }) => {
  await live(page);
  await page.getByRole("button", { name: "show them" }).click();
  await page.getByRole("button", { name: "Dead", exact: true, pressed: true }).waitFor();
  await page.locator(".delivery-row").first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("the connection to 203.0.113.9:443 was refused").first().waitFor();
  await holds(async () => {
    assert.equal(await dialog.locator(".attempt").count(), 3);
    assert.match(
      await dialog.locator(".attempt").first().innerText(),
      /will be tried again[\s\S]*18 ms[\s\S]*POST \/health HTTP\/1\.1/,
    );
  });
  const { hash } = new URL(page.url());
  await dialog.getByRole("button", { name: "Redeliver" }).click();
  await dialog.getByText("retrying").waitFor();
  await dialog.getByRole("button", { name: "Redeliver" }).waitFor({ state: "hidden" }); // it is on its way
  await dialog.getByRole("button", { name: "Close" }).click();
  assert.equal((await server.api(`deliveries/${hash.slice(1)}`)).state, "scheduled");

  await page.getByRole("button", { name: "Redeliver all dead…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Redeliver" }).click();
  await page.getByText(/\d+ deliveries are tried again/).waitFor();
  await page.getByText("There is none like that.").waitFor();
  assert.equal((await server.api("status")).deliveries.dead, 0);
  await page.getByRole("button", { name: "Redeliver all dead…" }).waitFor({ state: "hidden" });
});

onDashboard("integrations show how they fare, and lead to their deliveries", async ({ page }) => {
  const integrations = page.getByRole("region", { name: "Integrations" });
  await integrations.getByText("paused for").waitFor();
  await holds(async () => {
    const text = await integrations.innerText();
    assert.match(text, /Slack[\s\S]*failing[\s\S]*#operations[\s\S]*503 Service Unavailable[\s\S]*40 times in a row/);
    assert.match(text, /https:\/\/old\.example\.com\/notify\?team=operations \(unsigned\)/);
  });
  assert.ok(!/xoxb|AyM1/.test(await page.locator("body").innerText()), "no secret is shown");
  await integrations.locator(".integration", { hasText: "Slack" }).getByRole("button").click();
  const rows = page.locator(".delivery-row");
  await eventually("only Slack's are shown", async () => {
    const all = await rows.locator(".row-to").allInnerTexts();
    return all.length > 0 && all.every((to) => to === "to Slack");
  });
  await page.getByRole("button", { name: "All integrations again" }).click();
  await rows.filter({ hasText: "to PagerDuty" }).first().waitFor();
});

onDashboard("a silence is made, shown and ended, also one that somebody else makes", async ({ server, page }) => {
  await live(page);
  await page.getByRole("button", { name: "Silence database" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Severity").selectOption("critical");
  await dialog.getByRole("button", { name: "4 hours" }).click();
  await dialog.getByRole("button", { name: "Silence", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  const silences = page.getByRole("region", { name: "Silences" });
  await silences.getByText("database").waitFor();
  const made = (await server.api("silences")).silences.find((/** @type {any} */ one) => one.service === "database");
  assert.equal(made.severity, "critical");
  const hours = (Date.parse(made.until) - Date.now()) / 3_600_000;
  assert.ok(hours > 3.9 && hours < 4.1, `${hours} h`);
  await service(page, "database").getByText("silenced").waitFor();
  await silences.getByRole("button", { name: "End the silence of database, critical" }).click();
  await silences.getByText("database").waitFor({ state: "detached" });

  const until = new Date(Date.now() + 3_600_000).toISOString();
  const headers = { "content-type": "application/json" };
  await fetch(`${server.url}/_hookseal/api/silences`, { method: "POST", headers, body: JSON.stringify({ until }) });
  await silences.getByText("All services").waitFor();
});

onDashboard(
  "what cannot be silenced is said, and the dialog stays",
  async ({ page }) => {
    await page.getByRole("button", { name: "Silence", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Service").fill("databse");
    await dialog.getByRole("button", { name: "Silence", exact: true }).click();
    await dialog.getByRole("alert").getByText('There is no service "databse".').waitFor();
  },
  { expected: /status of 400/ },
);

onDashboard(
  "with nothing there, it says what to do, and that no notifier runs",
  async ({ page }) => {
    await page.getByRole("heading", { name: "Nothing is watched yet" }).waitFor();
    await page.getByRole("alert").getByText("no notifier runs on this store").waitFor();
    await page.getByText("hookseal integration:add --type health.webhook").waitFor();
    await page.getByText("Nothing has been told yet").waitFor();
  },
  { arguments: ["--empty"] },
);

onDashboard(
  "it asks for its token, and opens with it",
  async ({ page }) => {
    await page.getByRole("heading", { name: "This dashboard has a token" }).waitFor();
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Open the dashboard" }).click();
    await page.getByRole("alert").getByText("This is not the token.").waitFor();
    await page.getByLabel("Token").fill("s3cret-t0ken");
    await page.getByRole("button", { name: "Open the dashboard" }).click();
    await live(page);
    await service(page, "database").waitFor();
  },
  { arguments: ["--token", "s3cret-t0ken"], expected: /status of 401/ },
);

onDashboard("the theme is chosen and kept", async ({ page }) => {
  await live(page);
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  await page.getByRole("button", { name: "Theme: system" }).click();
  await page.getByRole("button", { name: "Theme: light" }).click();
  await holds(async () => assert.notEqual(await background(), light));
  await page.reload();
  await page.getByRole("button", { name: "Theme: dark" }).waitFor();
  await holds(async () => assert.notEqual(await background(), light));
});

const names = CORPUS.flatMap((payload) => ["--name", payload]);

onDashboard(
  "names and answers of strangers stay inert, wherever they stand",
  async ({ page }) => {
    await live(page);
    for (const payload of CORPUS) await page.locator(".service-name", { hasText: payload }).first().waitFor();
    const before = await active(page);
    const [hostile = ""] = CORPUS;
    await page.getByRole("button", { name: "Dead", exact: true }).click();
    for (let index = 0; index < 6; index += 1) {
      await page.locator(".delivery-row").nth(index).click();
      await page.getByRole("dialog").locator(".exchange-part").first().waitFor();
      await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    }
    await page.getByRole("region", { name: "Integrations" }).getByText(hostile).first().waitFor();
    await page.getByRole("region", { name: "Silences" }).getByText(hostile).first().waitFor();
    await page.getByRole("searchbox", { name: "Find a service" }).fill(hostile);
    await eventually("only it is left", async () => {
      const left = await page.locator(".service-name").allInnerTexts();
      return left.length > 0 && left.every((name) => name.includes(hostile));
    });
    await page.locator(".history-plot .line").first().waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Silence", exact: true }).click();
    await page.keyboard.press("Escape");
    assert.equal(await active(page), before);
    assert.equal(await page.evaluate(() => "__ran" in window), false);
  },
  { arguments: names },
);

onDashboard(
  "what would not be seen in a name is shown",
  async ({ page }) => {
    await page.locator(".service-name", { hasText: "aU+202Eb" }).waitFor();
    assert.ok(!/[\u202e\u200b]/.test(await page.locator("body").innerText()), "none of them is there as it is");
  },
  { arguments: ["--name", "a\u202eb\u200bc"] },
);

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  for (const viewport of [WIDE, NARROW]) {
    const where = `${viewport.width} px, ${colorScheme}`;
    onDashboard(
      `axe finds nothing on the dashboard at ${where}`,
      async ({ page }) => {
        await live(page);
        await page.locator(".history-plot .line").first().waitFor({ state: "attached" });
        await check(page, where);
        await page.locator(".delivery-row.unsigned").first().click();
        await page.locator(".attempt").first().waitFor();
        await check(page, `${where}: a delivery`);
        await page.keyboard.press("Escape");
        await page.getByRole("button", { name: "Silence", exact: true }).click();
        await check(page, `${where}: a silence`);
        await page.keyboard.press("Escape");
        assert.ok(
          await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
          "nothing stands out at the side",
        );
      },
      { page: { viewport, colorScheme, bypassCSP: true } },
    );
  }
}
