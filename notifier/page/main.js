// The page: starts its parts and ties them together.

import { announcer } from "./announcer.js";
import { ApiError } from "./api.js";
import { deliveriesView } from "./deliveries.js";
import { showDelivery } from "./delivery.js";
import { Desk } from "./desk.js";
import { integrationsView } from "./integrations.js";
import { servicesView } from "./services.js";
import { byId, fill, h } from "./shared/dom.js";
import { sayError } from "./shared/messages.js";
import { signIn } from "./shared/sign-in.js";
import { Stream } from "./shared/stream.js";
import { themeSwitch } from "./shared/theme-switch.js";
import { showConnection, tool } from "./shared/top.js";
import { visible } from "./shared/visible.js";
import { askForSilence, silencesView } from "./silences.js";
import { summaryView } from "./summary.js";

const desk = new Desk();
const stream = new Stream({
  events: { changed: () => desk.refresh() },
  state: (state) => showConnection(byId("connection"), state),
  opened: () => desk.refresh(),
  refused: askForToken,
  probe: "status",
});

summaryView(byId("summary"), desk, { showDead });
servicesView(byId("services"), desk, (service) => askForSilence(desk, service).catch(sayError));
deliveriesView(byId("deliveries"), desk, (id) => openDelivery(id));
integrationsView(byId("integrations"), desk);
silencesView(byId("silences"), desk);
announcer(byId("announcer"), desk);
drawTop();
desk.addEventListener("status", drawProject);
desk.addEventListener("failed", (event) => {
  const error = /** @type {CustomEvent} */ (event).detail;
  if (error instanceof ApiError && error.status === 401) askForToken();
  else sayError(error);
});
addEventListener("hashchange", openFromAddress);
start();

async function start() {
  try {
    await desk.load();
    showInstead();
    byId("desk").hidden = false;
    stream.connect();
    openFromAddress();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) askForToken();
    else failed(error);
  }
}

function askForToken() {
  showInstead(
    signIn({
      title: "This dashboard has a token",
      lead: ["Give the token that the notifier was started with (", h("code", {}, "token"), " in its configuration)."],
      action: "Open the dashboard",
      signedIn: start,
    }),
  );
  byId("token").focus();
}

/** @param {unknown} error */
function failed(error) {
  const again = h("button", { class: "button primary", type: "button", onclick: () => start() }, "Try again");
  const message = error instanceof Error ? error.message : String(error);
  showInstead(
    h(
      "div",
      { class: "welcome" },
      h("div", { role: "alert" }, h("h2", {}, "The dashboard cannot be read"), h("p", { class: "lead" }, message)),
      h("p", {}, again),
    ),
  );
}

/** @param {...Node} content in place of everything */
function showInstead(...content) {
  fill(byId("instead"), ...content);
  byId("desk").hidden = content.length > 0;
}

function drawTop() {
  const theme = tool("system", "Theme");
  themeSwitch(theme);
  fill(
    byId("tools"),
    tool("silence", "Silence", () => askForSilence(desk).catch(sayError)),
    theme,
  );
}

function drawProject() {
  const { status } = desk;
  if (!status) return;
  fill(
    byId("project"),
    h("b", {}, ...visible(status.project)),
    h("span", { class: "badge" }, ...visible(status.environment)),
  );
}

async function showDead() {
  await desk.narrow({ state: "dead", integration: "" }).catch(sayError);
  byId("deliveries").scrollIntoView({ block: "start" });
}

/** @param {string} id */
async function openDelivery(id) {
  history.replaceState(null, "", `#${id}`);
  await showDelivery(id, desk).catch(sayError);
  history.replaceState(null, "", location.pathname);
}

/** A delivery's address can be sent to somebody. */
function openFromAddress() {
  const id = location.hash.slice(1);
  if (/^[a-z2-7]{13}$/.test(id)) openDelivery(id);
}
