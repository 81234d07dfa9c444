// How all is, in a line, and what to look at first.

import { fill, h } from "./shared/dom.js";
import { icon } from "./shared/icons.js";
import { visible, visibleText } from "./shared/visible.js";
import { ago, clock, grouped, until } from "./shared/when.js";

/** A figure stands here that is a time from now. */
const TICK = 1000;

const LOOK_AT_FLEET = 10_000;

/**
 * @param {HTMLElement} place
 * @param {import("./desk.js").Desk} desk
 * @param {{ showDead: () => void }} does
 */
export function summaryView(place, desk, does) {
  const headline = h("div", { class: "headline" });
  const checked = h("p", { class: "muted checked" });
  const tiles = h("dl", { class: "tiles" });
  const fleet = h("dl", { class: "tiles", hidden: true });
  const alerts = h("div", { class: "alerts", role: "alert" });
  fill(place, alerts, h("div", { class: "headline-row" }, headline, checked), tiles, fleet);

  function draw() {
    const { status } = desk;
    if (!status) return;
    const { look, sign, text } = verdict(status);
    headline.className = `headline ${look}`;
    fill(headline, h("span", { class: "headline-sign" }, icon(sign)), h("h2", {}, text));
    drawTime();
    const { counts, deliveries } = status;
    const failing = desk.integrations.filter(({ health }) => health.state === "failing" || health.state === "paused");
    const healthy = desk.integrations.length - failing.length;
    fill(
      tiles,
      tile("Services", grouped(counts.services), `${grouped(counts.resources)} watched`),
      tile(
        "Integrations",
        grouped(desk.integrations.length),
        failing.length > 0
          ? `${failing.length} failing`
          : desk.integrations.length > 0
            ? `${healthy} fine`
            : "nobody is told",
        failing.length > 0 || desk.integrations.length === 0 ? "unsigned" : "",
      ),
      tile("On their way", grouped(deliveries.pending), deliveries.pending === 1 ? "delivery" : "deliveries"),
      tile(
        "Given up",
        grouped(deliveries.dead),
        deliveries.dead > 0
          ? h("button", { class: "link", type: "button", onclick: does.showDead }, "show them")
          : "deliveries",
        deliveries.dead > 0 ? "invalid" : "",
      ),
      tile("Silences", grouped(desk.silences.length), desk.silences.length > 0 ? "in force" : "none"),
    );
    fleet.hidden = desk.fleet === null;
    fill(fleet, ...fleetTiles(desk.fleet));
    drawAlerts(status);
  }

  function drawTime() {
    const { status } = desk;
    if (!status) return;
    const { round, next_round_at } = status;
    if (!round) return fill(checked, "No check yet");
    const [at, next] = [Date.parse(round.at), Date.parse(next_round_at ?? "")];
    const since = ago(at) === "now" ? "just now" : `${ago(at)} ago`;
    const coming = Number.isNaN(next) || next < Date.now() ? "" : `, next ${until(next)}`;
    fill(checked, "Checked ", h("time", { datetime: round.at, title: clock(at) }, since), coming);
  }

  /** @param {import("./api.js").Status} status */
  function drawAlerts({ trouble }) {
    // What is said already is not said again.
    if (alerts.dataset.text === (trouble ?? "")) return;
    alerts.dataset.text = trouble ?? "";
    const text = h("p", {}, h("b", {}, "Something is wrong with the notifier itself"), " ", ...visible(trouble ?? ""));
    fill(alerts, trouble !== null && h("div", { class: "alert" }, icon("warning"), text));
  }

  for (const what of ["status", "integrations", "silences"]) desk.addEventListener(what, draw);
  setInterval(drawTime, TICK);
  // What changes elsewhere in the fleet tells nobody here.
  setInterval(() => desk.fleet && desk.refresh(), LOOK_AT_FLEET);
}

/**
 * @param {import("./api.js").Status} status
 * @returns {{ look: string, sign: Parameters<typeof icon>[0], text: string }}
 */
function verdict({ counts: { resources, warning, critical, unknown } }) {
  const parts = [
    critical > 0 && `${grouped(critical)} critical`,
    warning > 0 && `${grouped(warning)} ${warning === 1 ? "warning" : "warnings"}`,
    unknown > 0 && `${grouped(unknown)} unknown`,
  ].filter((part) => part !== false);
  if (resources === 0) return { look: "", sign: "question", text: "Nothing is watched yet" };
  if (parts.length === 0) return { look: "valid", sign: "check", text: "All is well" };
  const look = critical > 0 ? "invalid" : "unsigned";
  const sign = critical > 0 ? "cross" : warning > 0 ? "warning" : "question";
  return { look, sign, text: parts.join(", ") };
}

/**
 * The whole fleet's, where the notifier is one of many.
 *
 * @param {import("./api.js").Fleet | null} fleet
 */
function fleetTiles(fleet) {
  if (!fleet) return [];
  if (!fleet.connected) return [tile("Fleet", "away", "deliveries wait here", "unsigned")];
  if (fleet.trouble !== null) return [tile("Fleet", "connected", visibleText(fleet.trouble), "unsigned")];
  const { hosts, workers, waiting, taken, dead } = fleet;
  return [
    tile("Fleet's hosts", grouped(hosts), `${grouped(fleet.critical)} critical, ${grouped(fleet.warning)} warning`),
    tile(
      "Fleet's workers",
      grouped(workers),
      workers > 0 ? "connected" : "nothing is sent",
      workers > 0 ? "" : "invalid",
    ),
    tile("Fleet's lag", grouped(waiting), `${grouped(taken)} taken over`),
    tile("Dead letters", grouped(dead), "of the fleet", dead > 0 ? "invalid" : ""),
  ];
}

/**
 * @param {string} name
 * @param {string} figure
 * @param {import("./shared/dom.js").Child} note
 * @param {string} [look]
 */
function tile(name, figure, note, look = "") {
  return h(
    "div",
    { class: `tile ${look}`.trim() },
    h("dt", {}, name),
    h("dd", {}, h("b", {}, figure), " ", h("span", { class: "muted small" }, note)),
  );
}
