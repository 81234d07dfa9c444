#!/usr/bin/env node
/** Runs the command of this machine's package. */

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";

const name = `@hookseal/cli-${process.platform}-${process.arch}`;

const child = spawn(command(), process.argv.slice(2), { stdio: "inherit" });
// A terminal sends Ctrl-C to both of us.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", ({ message }) => fail(`could not start the command: ${message}`));
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));

function command() {
  const executable = process.platform === "win32" ? "hookseal.exe" : "hookseal";
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/${executable}`);
  } catch {
    fail(
      `the package ${name} is not there. npm leaves it out where optional dependencies are off (--omit=optional). ` +
        "If there is none for your machine: cargo install hookseal-cli",
    );
  }
}

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}
