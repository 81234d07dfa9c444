// Ten thousand deliveries scroll smoothly.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { launch, live, openPage } from "./support/browser.js";
import { eventually, KEY, startReceiver } from "./support/receiver.js";

const MANY = 10_000;
const FRAMES = 150;

/** A task longer than this is felt, says the W3C's Long Tasks specification. Here in CPU time: the machine may be busy. */
const LONG = 50;

/** What the page itself does takes as long each time; a virtual machine that is slow for a moment does not. */
const TRIES = 5;

test(
  "ten thousand deliveries scroll without a long task, and few of them are in the document",
  { timeout: 180_000 },
  async () => {
    const receiver = await startReceiver();
    const browser = await launch();
    try {
      const send = [
        "send",
        `${receiver.url}/health`,
        "--shared-key",
        KEY,
        "--count",
        String(MANY),
        "--concurrency",
        "32",
      ];
      await promisify(execFile)(process.env.HOOKSEAL_BIN ?? "../../target/release/hookseal", send);
      const { page, close } = await openPage(browser, receiver);
      await live(page);
      await eventually(
        "all are listed",
        async () => (await page.locator(".card").first().getAttribute("aria-setsize")) === String(MANY),
      );
      await page.getByRole("button", { name: `All ${MANY.toLocaleString("en")}` }).waitFor();

      let longest = Infinity;
      for (let tries = 0; longest >= LONG && tries < TRIES; tries += 1) longest = await longestTask(browser, page);
      assert.ok(longest < LONG, `at best, the longest task took ${longest} ms`);

      await page.keyboard.press("G");
      await page.locator(`.card[aria-posinset="${MANY}"][aria-selected="true"]`).waitFor();
      await close();
    } finally {
      await browser.close();
      await receiver.stop();
    }
  },
);

/**
 * Scrolls through the list, of which all must be seen and little be in the document.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {import("playwright-core").Page} page
 * @returns {Promise<number>} how long the longest task took that the page's main thread had, in milliseconds of CPU time
 */
async function longestTask(browser, page) {
  await browser.startTracing(page, { categories: ["toplevel", "__metadata"] });
  const { frames, mostCards, blank } = await scroll(page);
  const tasks = tasksOf(await browser.stopTracing());
  const longest = Math.max(...tasks);
  console.log(
    `frames: median ${share(frames, 0.5).toFixed(1)} ms, 99th percentile ${share(frames, 0.99).toFixed(1)} ms`,
  );
  console.log(
    `main thread: ${tasks.length} tasks, 99th percentile ${share(tasks, 0.99).toFixed(1)} ms, longest ${longest.toFixed(1)} ms (CPU)`,
  );
  assert.ok(tasks.length > FRAMES, "the trace has the tasks");
  assert.ok(mostCards < 80, `${mostCards} cards were in the document`);
  assert.deepEqual(blank, [], "cards were missing where one looked");
  return longest;
}

/**
 * From one end to the other in a few seconds, as with a flick, and what was seen on the way.
 *
 * @param {import("playwright-core").Page} page
 */
function scroll(page) {
  return page.evaluate(async (steps) => {
    const list = /** @type {HTMLElement} */ (document.querySelector(".list"));
    const frame = () => new Promise(requestAnimationFrame);
    const frames = [];
    let mostCards = 0;
    /** @type {object[]} */
    const blank = [];
    list.scrollTop = 0;
    let before = await frame();
    for (let step = 1; step <= steps; step += 1) {
      list.scrollTop = ((list.scrollHeight - list.clientHeight) * step) / steps;
      const now = await frame();
      frames.push(now - before);
      before = now;
      // Not in every frame: looking takes its time too.
      if (step % 10 !== 0) continue;
      before = await frame();
      const { top, bottom } = list.getBoundingClientRect();
      const cards = [...document.querySelectorAll(".card")].map((card) => card.getBoundingClientRect());
      mostCards = Math.max(mostCards, cards.length);
      const from = Math.min(...cards.map((card) => card.top));
      const to = Math.max(...cards.map((card) => card.bottom));
      if (from > top + 1 || to < bottom - 1) blank.push({ step, top, bottom, from, to });
    }
    return { frames, mostCards, blank };
  }, FRAMES);
}

/**
 * How long each task of the page's main thread took, in milliseconds of CPU time.
 *
 * @param {Buffer} trace
 * @returns {number[]}
 */
function tasksOf(trace) {
  /** @type {{ name: string, pid: number, tid: number, tdur?: number, args?: { name?: string } }[]} */
  const events = JSON.parse(trace.toString()).traceEvents;
  const mains = events.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain");
  const isMain = new Set(mains.map(({ pid, tid }) => `${pid} ${tid}`));
  return events
    .filter(({ name, pid, tid }) => name.endsWith("RunTask") && isMain.has(`${pid} ${tid}`))
    .map(({ tdur }) => (tdur ?? 0) / 1000);
}

/**
 * @param {number[]} values
 * @param {number} share of them that is not larger
 */
function share(values, share) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
}
