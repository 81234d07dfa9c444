import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";

import { chromium } from "playwright-core";

/** The project: its `node_modules` hold what is in the tarball. */
export const PROJECT = path.join(import.meta.dirname, "..");
export const APP = path.join(import.meta.dirname, "app");

export const OUTCOME = {
  signature: "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..H-4whOQLTCFVhttjRSRa94YOKdCGGNOIhdYuIpfZEtY",
  verified: "jwk",
  refused: "signature_mismatch",
  text: "wärning",
};

/** A folder for what a bundler makes. */
export async function emptyFolder(name) {
  const folder = path.join(PROJECT, "build", name);
  await rm(folder, { recursive: true, force: true });
  return folder;
}

/** What the page at a URL comes to. */
export async function outcomeOf(t, url) {
  const args = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: args.split(" ") });
  t.after(() => browser.close());
  const page = await browser.newPage();
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(url);
  const outcome = page.waitForFunction(() => document.title !== "…" && document.title);
  const text = await outcome.then((handle) => handle.jsonValue()).catch((error) => `${error}\n${said.join("\n")}`);
  return text.startsWith("{") ? JSON.parse(text) : text;
}

const TYPES = { ".html": "text/html", ".js": "text/javascript" };

/** Serves files as they are. */
export async function serveFiles(t, folder) {
  const server = createServer(async ({ url }, response) => {
    const file = path.join(folder, path.normalize(new URL(url, "http://localhost").pathname));
    const content = await readFile(file).catch(() => undefined);
    response.writeHead(content ? 200 : 404, { "Content-Type": TYPES[path.extname(file)] ?? "application/octet-stream" });
    response.end(content);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}
