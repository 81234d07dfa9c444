// The notifier's dashboard with a month of made-up figures: `notifier/examples/dashboard.rs`.

import { start } from "./program.js";

const PROGRAM = process.env.HOOKSEAL_DASHBOARD ?? "../../target/debug/examples/dashboard";

/** @param {string[]} options of the example */
export function startDashboard(...options) {
  return start(PROGRAM, options);
}
