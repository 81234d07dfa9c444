// The page's main paths.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { cards, launch, live, openPage } from "./support/browser.js";
import { deliver, eventually, holds, notification, startReceiver } from "./support/receiver.js";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/**
 * @param {string} name
 * @param {(parts: { receiver: import("./support/receiver.js").Receiver, page: import("playwright-core").Page, context: import("playwright-core").BrowserContext }) => Promise<void>} run
 * @param {{ arguments?: string[], expected?: RegExp }} [options]
 */
function onPage(name, run, { arguments: given = [], expected } = {}) {
  test(name, async () => {
    const receiver = await startReceiver(...given);
    try {
      const { page, context, close } = await openPage(browser, receiver, { expected });
      await run({ receiver, page, context });
      await close();
    } finally {
      await receiver.stop();
    }
  });
}

/** @param {import("playwright-core").Page} page @param {string[]} expected */
async function shows(page, expected) {
  await eventually(`the list is ${expected.join(", ")}`, async () => (await cards(page)).join() === expected.join());
}

onPage(
  "an empty inbox says where to send and how, and the page itself leaves nothing in it",
  async ({ receiver, page }) => {
    await live(page);
    await page.getByRole("heading", { name: "Waiting for the first delivery" }).waitFor();
    await holds(async () => {
      const commands = (await page.locator(".command").allInnerTexts()).join("\n");
      assert.match(commands, new RegExp(`hookseal send ${receiver.url}/health --shared-key-file key.txt`));
      assert.match(commands, /X-JWS-Signature: \$\(hookseal sign body.json/);
    });
    assert.deepEqual((await receiver.api("deliveries")).deliveries, []);
  },
);

onPage(
  "a page with an address of its own says where deliveries go",
  async ({ receiver, page }) => {
    await live(page);
    await page.getByText(`hookseal send ${receiver.url}/health`).waitFor();
    await holds(async () => assert.equal(await page.locator("#endpoint").innerText(), `${receiver.url}/`));
    assert.ok(!receiver.page.startsWith(receiver.url));
    assert.equal(await deliver(receiver, { body: notification() }), 204);
    await page.locator(".card", { hasText: "/health" }).waitFor();
  },
  { arguments: ["--admin-listen", "127.0.0.1:0"] },
);

onPage("a delivery appears within a second, without a reload, with its verdict", async ({ receiver, page }) => {
  await live(page);
  const cards = page.locator(".card", { hasText: "/health" });
  const took = [];
  for (let already = 0; already < 3; already += 1) {
    const started = performance.now();
    assert.equal(await deliver(receiver, { body: notification() }), 204);
    await cards.nth(already).waitFor();
    took.push(performance.now() - started);
  }
  const [, median = Infinity] = took.toSorted((a, b) => a - b);
  assert.ok(median < 1000, `they took ${took.join(", ")} ms`);
  console.log(`a delivery appeared after ${median.toFixed(0)} ms`);
  const verdict = page.getByRole("region", { name: "Verdict" });
  await verdict.getByRole("heading", { name: "Valid", exact: true }).waitFor();
  await verdict.getByText("Signed with key 0, read as jwk").waitFor();
  await page.getByRole("region", { name: "Facts" }).getByText("204").first().waitFor();
});

onPage("a mismatch shows its cause and what to do, by itself", async ({ receiver, page }) => {
  await live(page);
  assert.equal(await deliver(receiver, { body: '{"disk": "low"}', signed: '{"disk":"low"}' }), 401);
  const verdict = page.getByRole("region", { name: "Verdict" });
  await verdict.getByText("signature_mismatch").waitFor();
  await verdict.getByText("What to do").waitFor();
  await verdict.getByText("The cause, proved").waitFor();
  await holds(async () => assert.match(await verdict.locator(".cause").first().innerText(), /JSON/));
  await deliver(receiver, { body: "{}", signed: "another body altogether" });
  await verdict.getByText(/Ruled out by \d+ signatures/).waitFor();
});

onPage("an unsigned delivery says so", async ({ receiver, page }) => {
  await live(page);
  await deliver(receiver, { body: "{}", signed: false });
  await page.getByRole("region", { name: "Verdict" }).getByRole("heading", { name: "Not signed" }).waitFor();
});

onPage("the filter takes text, verdict, code, path and method, and new deliveries too", async ({ receiver, page }) => {
  await deliver(receiver, { target: "/a", body: "apples" });
  await deliver(receiver, { target: "/b", body: "pears", signed: false });
  await deliver(receiver, { target: "/c?d=1", body: "plums", signed: "other", method: "PUT" });
  await live(page);
  const field = page.getByRole("searchbox", { name: "Filter deliveries" });
  await shows(page, ["PUT /c?d=1", "POST /b", "POST /a"]);
  for (const [text, expected] of /** @type {[string, string[]][]} */ ([
    ["pears", ["POST /b"]],
    ["path:/a", ["POST /a"]],
    ["path:c", ["PUT /c?d=1"]],
    ["method:put", ["PUT /c?d=1"]],
    ["code:missing_signature", ["POST /b"]],
    ["verdict:valid", ["POST /a"]],
    ["method:POST p", ["POST /b", "POST /a"]],
    ["nowhere", []],
    ["", ["PUT /c?d=1", "POST /b", "POST /a"]],
  ])) {
    await field.fill(text);
    await shows(page, expected);
  }
  const invalid = page.getByRole("button", { name: /^Invalid/ });
  await invalid.click();
  await shows(page, ["PUT /c?d=1"]);
  await holds(async () => assert.equal(await invalid.getAttribute("aria-pressed"), "true"));
  await page.getByRole("button", { name: /^All/ }).click();

  await field.fill("cherries");
  await shows(page, []);
  await deliver(receiver, { target: "/d", body: "no fruit" });
  await deliver(receiver, { target: "/e", body: "cherries" });
  await shows(page, ["POST /e"]);
});

onPage("the keyboard does everything", async ({ receiver, page }) => {
  for (const target of ["/1", "/2", "/3"]) await deliver(receiver, { target, body: `{"n":12345678901234567890}` });
  await live(page);
  await shows(page, ["POST /3", "POST /2", "POST /1"]);
  const picked = (/** @type {string} */ path) => page.locator(`.delivery-head .target:text-is("${path}")`).waitFor();
  await picked("/3");
  await page.keyboard.press("j");
  await picked("/2");
  await page.keyboard.press("ArrowDown");
  await picked("/1");
  await page.keyboard.press("k");
  await picked("/2");
  await page.keyboard.press("g");
  await picked("/3");
  await page.keyboard.press("G");
  await picked("/1");

  // The body comes after the head.
  const body = (/** @type {RegExp} */ text) =>
    eventually(`the body is ${text}`, async () => text.test(await page.locator(".body-content").innerText()));
  await page.keyboard.press("2");
  await body(/^\{\n {2}"n": 12345678901234567890\n\}$/);
  await page.keyboard.press("3");
  await body(/^00000000: 7b22 6e22 3a31/);
  await page.keyboard.press("1");
  await body(/^\{"n":12345678901234567890\}$/);

  await page.keyboard.press("/");
  await page.keyboard.type("path:/2");
  await shows(page, ["POST /2"]);
  await page.keyboard.press("Escape");
  await page.locator("[role=listbox]:focus").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.getByLabel("Single letters and signs are keys").uncheck();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("?");
  assert.equal(await page.getByRole("dialog").count(), 0, "they can be turned off");
});

onPage("what is picked by hand stays, and what comes meanwhile is counted", async ({ receiver, page }) => {
  await deliver(receiver, { target: "/old" });
  await deliver(receiver, { target: "/new" });
  await live(page);
  const target = page.locator(".delivery-head .target");
  await page.locator(".card", { hasText: "/old" }).click();
  await page.locator('.target:text-is("/old")').waitFor();
  await deliver(receiver, { target: "/newer" });
  await deliver(receiver, { target: "/newest" });
  await shows(page, ["POST /newest", "POST /newer", "POST /new", "POST /old"]);
  await holds(async () => assert.equal(await target.innerText(), "/old"));
  const titled = (/** @type {string} */ title) => holds(async () => assert.equal(await page.title(), title));
  await titled("(2) hookseal");
  await holds(async () => assert.match(await page.locator("#announcer").innerText(), /new deliver/));
  await page.getByRole("button", { name: "Follow newest" }).click();
  await page.locator('.target:text-is("/newest")').waitFor();
  await titled("(1) hookseal");
  await page.getByRole("button", { name: /mark as read/ }).click();
  await titled("hookseal");
});

onPage(
  "a delivery is sent again, to the receiver and elsewhere",
  async ({ receiver, page }) => {
    const other = await startReceiver();
    try {
      const body = notification();
      await deliver(receiver, { body });
      await live(page);
      await page.getByRole("button", { name: "Resend" }).click();
      await page.getByText("Sent again: answered 204").waitFor();
      await page.getByRole("region", { name: "Verdict" }).getByText("replay", { exact: true }).waitFor();

      await page.getByRole("button", { name: "Forward…" }).click();
      const dialog = page.getByRole("dialog", { name: "Forward to a URL" });
      await dialog.getByLabel("URL").fill(`${other.url}/app`);
      await dialog.getByRole("button", { name: "Forward" }).click();
      await dialog.getByText("204").waitFor();
      const [forwarded] = (await other.api("deliveries")).deliveries;
      assert.deepEqual([forwarded.verdict, forwarded.path, forwarded.body_size], ["valid", "/app", body.length]);

      await dialog.getByLabel("URL").fill("http://127.0.0.1:1/");
      await dialog.getByRole("button", { name: "Forward" }).click();
      await dialog.getByRole("alert").getByText("does not answer").waitFor();
    } finally {
      await other.stop();
    }
  },
  { expected: /status of 502/ },
);

onPage("it is dark where the system is, and stays as it was chosen", async ({ page }) => {
  const background = () =>
    page.evaluate(() => getComputedStyle(document.body.parentElement ?? document.body).backgroundColor);
  const light = await background();
  await page.emulateMedia({ colorScheme: "dark" });
  await holds(async () => assert.notEqual(await background(), light));
  const dark = await background();
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByRole("button", { name: "Theme: system" }).click();
  await page.getByRole("button", { name: "Theme: light" }).click();
  await page.getByRole("button", { name: "Theme: dark" }).waitFor();
  await holds(async () => assert.equal(await background(), dark));
  await page.reload();
  await holds(async () => assert.equal(await background(), dark));
});

onPage("all deliveries, or those that the filter leaves, are exported", async ({ receiver, page }) => {
  await deliver(receiver, { target: "/a", body: "one" });
  await deliver(receiver, { target: "/b", body: "two", signed: false });
  await live(page);
  /** @param {string} item */
  const fetched = async (item) => {
    await page.getByRole("button", { name: "Export" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: item }).click(),
    ]);
    const pieces = [];
    for await (const piece of await download.createReadStream()) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  };
  const lines = (await fetched("NDJSON"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ path }) => path),
    ["/a", "/b"],
  );
  const har = JSON.parse(await fetched("HAR 1.2"));
  assert.deepEqual([har.log.version, har.log.entries.length], ["1.2", 2]);
  await page.getByRole("button", { name: /^Unsigned/ }).click();
  await shows(page, ["POST /b"]);
  const script = await fetched("curl script");
  assert.match(script, /curl/);
  assert.ok(script.includes("/b") && !script.includes("/a"), script);
});

onPage("a delivery is copied as a curl command and as a test vector", async ({ receiver, page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await deliver(receiver, { target: "/a?b=c", body: "it's" });
  await live(page);
  const copied = async (/** @type {string} */ item, /** @type {string} */ message) => {
    await page.getByRole("button", { name: "Copy as…" }).click();
    await page.getByRole("menuitem", { name: item }).click();
    await page.getByText(message).waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  const curl = await copied("curl command", "Copied as a curl command");
  assert.ok(curl.includes("curl") && curl.includes(`${receiver.url}/a?b=c`), curl);
  const vector = JSON.parse(await copied("Test vector", "Copied as a test vector"));
  assert.equal(vector.result, "valid");
  await page.getByRole("button", { name: "Copy the body as it is shown" }).click();
  await page.getByText("Copied the raw body").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "it's");
});

onPage("one delivery is deleted, and then all", async ({ receiver, page }) => {
  for (const target of ["/1", "/2", "/3"]) await deliver(receiver, { target });
  await live(page);
  await page.locator('.target:text-is("/3")').waitFor();
  await page.getByRole("group", { name: "Actions" }).getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await shows(page, ["POST /2", "POST /1"]);
  await page.locator('.target:text-is("/2")').waitFor();
  await page.getByRole("button", { name: "Clear all" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await shows(page, ["POST /2", "POST /1"]);
  await page.getByRole("button", { name: "Clear all" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete all" }).click();
  await page.getByRole("heading", { name: "Waiting for the first delivery" }).waitFor();
  assert.equal((await receiver.api("deliveries")).deliveries.length, 0);
});

onPage("faults are set, strike and are taken back", async ({ receiver, page }) => {
  await live(page);
  await page.getByRole("button", { name: "Faults" }).click();
  await page.getByRole("button", { name: "Fail twice" }).click();
  await page.getByRole("button", { name: "Use these rules" }).click();
  await page.getByText("1 fault rule in force").waitFor();
  assert.equal(await deliver(receiver, { body: "x" }), 503);
  await page.getByRole("region", { name: "Facts" }).getByText("fault").waitFor();
  await page.getByRole("button", { name: "Faults" }).click();
  await page.getByText("Rule 1 has struck at 1 of 1 deliveries.").waitFor();
  await page.getByRole("button", { name: "No faults" }).click();
  await page.getByText("No faults", { exact: true }).last().waitFor();
  assert.equal(await deliver(receiver, { body: "y" }), 204);
});

onPage(
  "the token is asked for once",
  async ({ receiver, page }) => {
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Open the inbox" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Token").fill("s3cret");
    await page.getByRole("button", { name: "Open the inbox" }).click();
    await live(page);
    await deliver(receiver, { target: "/inside" });
    await shows(page, ["POST /inside"]);
    await page.reload();
    await shows(page, ["POST /inside"]);
  },
  { arguments: ["--token", "s3cret"], expected: /status of 401/ },
);

test("the application's answer stands beside the delivery", async () => {
  const application = createServer((_, response) => response.writeHead(409).end("the application says no"));
  await new Promise((resolve) => application.listen(0, "127.0.0.1", () => resolve(null)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (application.address());
  const receiver = await startReceiver("--forward-to", `http://127.0.0.1:${port}/`);
  const { page, close } = await openPage(browser, receiver);
  try {
    await live(page);
    await deliver(receiver, { body: "x" });
    const panel = page.getByRole("region", { name: "The application's answer" });
    await panel.getByText("refused").waitFor();
    await holds(async () =>
      assert.match(await panel.innerText(), /409 at the first attempt in .*ms\s+the application says no/),
    );
    await close();
  } finally {
    application.close();
    await receiver.stop();
  }
});

test("it comes back when the receiver does", async () => {
  let receiver = await startReceiver();
  const { page, close } = await openPage(browser, receiver, { expected: /ERR_|net::/ });
  await live(page);
  await deliver(receiver, { target: "/before" });
  await shows(page, ["POST /before"]);
  const { address } = receiver;
  await receiver.stop();
  await page.locator('#connection[data-state="lost"]').waitFor();
  receiver = await startReceiver("--listen", address);
  try {
    await deliver(receiver, { target: "/after" });
    await eventually("the page lists what came meanwhile", async () => (await cards(page)).includes("POST /after"));
    await live(page);
    await close();
  } finally {
    await receiver.stop();
  }
});
