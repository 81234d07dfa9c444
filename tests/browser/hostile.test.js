// What strangers send is text: it runs nothing, makes no element, loads nothing, and hides nothing.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, live, openPage } from "./support/browser.js";
import { active, CORPUS, RUN } from "./support/corpus.js";
import { deliver, eventually, holds, notification, startReceiver } from "./support/receiver.js";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/**
 * As much of it as a path or a query can carry: with the rest it would not be a request.
 *
 * @param {string} text
 */
function inTarget(text) {
  return text.replace(/[ "#<>\\^`{}|]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

test("captured content stays inert, wherever it stands", { timeout: 180_000 }, async () => {
  const receiver = await startReceiver("--accept-all");
  const { page, close } = await openPage(browser, receiver, { expected: /status of (4|502)/ });
  try {
    await live(page);
    const before = await active(page);
    for (const [index, payload] of CORPUS.entries()) {
      const marked = `${payload}#${index}`;
      const isNotification = index % 2 === 0;
      const body = isNotification
        ? notification({ service: marked, severity: marked, resource: marked }, marked)
        : JSON.stringify({ [marked]: marked });
      const status = await deliver(receiver, {
        method: index % 3 === 0 ? `X'${index}|ONERROR` : "POST",
        target: `/${index}/${inTarget(payload)}?${inTarget(payload)}`,
        headers: [
          ["x-`onerror'|~!", payload],
          ["content-type", `text/html; x=${payload}`],
          ["user-agent", payload],
        ],
        body,
        signed: index % 4 === 0 ? "other" : true,
      });
      assert.ok(status === 204 || status === 401, `${payload}: ${status}`);
      await page.locator(`.delivery-head .target:has-text("/${index}/")`).waitFor();
      await eventually("the body is shown", async () =>
        (await page.locator(".body-content").innerText()).includes(`#${index}`),
      );
      await holds(async () => {
        const headers = await page.getByRole("region", { name: "Headers" }).innerText();
        assert.ok(headers.includes(payload), `${payload} is not among\n${headers}`);
      });
      for (const tab of ["JSON", "Hex", "Raw"]) await page.getByRole("tab", { name: tab }).click();
      await page.locator(".card").first().hover();
      await page.locator(".target").hover();
      assert.equal(await active(page), before, payload);
    }
    const filter = page.getByRole("searchbox", { name: "Filter deliveries" });
    for (const payload of CORPUS.slice(0, 6)) await filter.fill(payload);
    await page.getByRole("button", { name: "Table" }).click();
    assert.equal(await page.evaluate(() => "__ran" in window), false);
    await close();
  } finally {
    await receiver.stop();
  }
});

test("an application's answer stays inert too", async () => {
  const [receiver, application] = await Promise.all([startReceiver(), import("node:http")]);
  const server = application.createServer((_, response) =>
    response.writeHead(500, { "X-Evil": "<img src=x>" }).end(`<img src=x onerror="${RUN}">`),
  );
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(null)));
  const { page, close } = await openPage(browser, receiver);
  try {
    await live(page);
    await deliver(receiver, { body: "x" });
    await page.getByRole("button", { name: "Forward…" }).click();
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    await page.getByRole("dialog").getByLabel("URL").fill(`http://127.0.0.1:${port}/`);
    await page.getByRole("dialog").getByRole("button", { name: "Forward" }).click();
    await page.locator(".forward-answer", { hasText: "<img src=x onerror=" }).waitFor();
    assert.equal(await page.evaluate(() => "__ran" in window), false);
    await close();
  } finally {
    server.close();
    await receiver.stop();
  }
});

test("what would not be seen, or would move the rest about, is shown", async () => {
  const receiver = await startReceiver("--accept-all");
  const { page, close } = await openPage(browser, receiver);
  try {
    await live(page);
    const body = "a\u202eb\u200bc\ufeff\0\x1b[31md\r\n";
    await deliver(receiver, {
      body,
      headers: [
        ["x-name", Buffer.from("user\u202egpj.exe é")],
        ["x-latin", Buffer.from([0x61, 0xe9])],
      ],
    });
    const shown = () => page.locator(".body-content").innerText();
    await eventually("the body is shown", async () => (await shown()).includes("U+202E"));
    assert.equal((await shown()).trimEnd(), "aU+202EbU+200BcU+FEFF␀␛[31md␍␊");
    const headers = await page.getByRole("region", { name: "Headers" }).innerText();
    assert.match(headers, /userU\+202Egpj\.exe é UTF-8/);
    assert.match(headers, /aé/);
    assert.ok(!/[\u202e\0\x1b]/.test(await page.locator("body").innerText()), "none of them is there as it is");
    await close();
  } finally {
    await receiver.stop();
  }
});

test("a body that is large, deep or not UTF-8 is shown as far as it goes", async () => {
  const receiver = await startReceiver("--accept-all", "--max-body", "8MiB");
  const { page, close } = await openPage(browser, receiver);
  try {
    await live(page);
    await deliver(receiver, { target: "/large", body: "é".repeat(2_000_000) });
    await page.getByText("The first 262,144 of 4,000,000 octets. The download has all.").waitFor();
    await page.getByRole("tab", { name: "Hex" }).click();
    await page.getByText("The first 32,768 of 4,000,000 octets.").waitFor();
    await deliver(receiver, { target: "/deep", body: "[".repeat(100_000) + "]".repeat(100_000) });
    await page.locator('.target:text-is("/deep")').waitFor();
    await page.getByRole("tab", { name: "JSON" }).click();
    await page.locator(".body-content pre").waitFor();
    await deliver(receiver, { target: "/binary", body: Buffer.from([0xff, 0xfe, 0x00]) });
    await page.getByText("Not UTF-8").waitFor();
    await page.getByRole("tab", { name: "JSON" }).click();
    await page.getByText("This is not JSON").waitFor();
    await close();
  } finally {
    await receiver.stop();
  }
});

test("no code of the page reads a string as markup or as code", async () => {
  const forbidden =
    /innerHTML|outerHTML|insertAdjacentHTML|setHTML|createContextualFragment|DOMParser|document\.write|\beval\b|new Function|srcdoc|javascript:/;
  let files = 0;
  for (const folder of ["../../receiver/page", "../../notifier/page", "../../web/assets/shared"]) {
    for (const name of await readdir(folder)) {
      const text = await readFile(join(folder, name), "utf8");
      assert.doesNotMatch(text, forbidden, name);
      if (name.endsWith(".html"))
        assert.doesNotMatch(text, /<style|<script(?![^>]*src=)|\sstyle=|\son\w+=|https?:/, name);
      if (name.endsWith(".css")) assert.doesNotMatch(text, /@import|url\(/, name);
      files += 1;
    }
  }
  assert.ok(files > 50, `only ${files} files were looked at`);
});
