// The dashboard of a host that is one of a fleet, with a real `nats-server`: who is there, what waits, and a server that is away.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { launch, openPage } from "./support/browser.js";
import { eventually, start } from "./support/program.js";

const HOOKSEAL = process.env.HOOKSEAL_BIN ?? "../../target/debug/hookseal";
const KEY = Buffer.alloc(32, 7).toString("base64");
const CONFIG = `interval = "1s"
[[service]]
name = "database"
command = ["echo", '{"available":5,"total":100}']
`;

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

test("a host's dashboard shows its fleet, and that no server of it is there", { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "hookseal-fleet-"));
  const port = await freePort();
  // Debian has it where only root's PATH leads.
  const path = `${process.env.PATH}:/usr/sbin`;
  const nats = spawn(
    "nats-server",
    ["--addr", "127.0.0.1", "--port", `${port}`, "--jetstream", "--store_dir", folder],
    {
      stdio: "ignore",
      env: { ...process.env, PATH: path },
    },
  );
  const natsEnded = new Promise((resolve) => nats.once("close", resolve));
  await writeFile(join(folder, "hookseal.toml"), CONFIG);
  const environment = {
    HOOKSEAL_MASTER_KEY: KEY,
    HOOKSEAL_FLEET: `nats://127.0.0.1:${port}`,
    HOOKSEAL_CONFIG: join(folder, "hookseal.toml"),
    HOOKSEAL_STORE: join(folder, "hookseal.db"),
  };
  const listening = ["--log", "off", "--listen", "127.0.0.1:0"];
  const browser = await launch();
  /** @type {import("./support/program.js").Server[]} */
  const running = [];
  try {
    const host = await start(HOOKSEAL, ["notify", "run", ...listening], environment);
    running.push(host);
    const { page, close } = await openPage(browser, host);
    const tile = (/** @type {string} */ name) => page.locator(".tiles > *").filter({ hasText: name });
    const shows = (/** @type {string} */ name, /** @type {RegExp} */ what) =>
      eventually(`${name} shows ${what}`, async () =>
        what.test(
          await tile(name)
            .innerText()
            .catch(() => ""),
        ),
      );

    await shows("Fleet's hosts", /\b1\b[^]*1 critical/);
    await shows("Fleet's workers", /\b0\b/);
    running.push(await start(HOOKSEAL, ["notify", "worker", ...listening], environment));
    await shows("Fleet's workers", /\b1\b/);
    await shows("Dead letters", /\b0\b/);
    assert.equal((await host.api("fleet")).fleet.servers, environment.HOOKSEAL_FLEET);
    const { HOOKSEAL_SCREENSHOTS: shots } = process.env;
    if (shots) await page.screenshot({ path: join(shots, "dashboard-fleet.png") });

    nats.kill("SIGKILL");
    await natsEnded;
    await shows("Fleet", /away[^]*deliveries wait here/);
    if (shots) await page.screenshot({ path: join(shots, "dashboard-fleet-away.png") });
    await close();
  } finally {
    await browser.close();
    await Promise.all(running.map((server) => server.stop()));
    nats.kill("SIGKILL");
    await natsEnded;
    await rm(folder, { recursive: true, force: true });
  }
});
