// The page: starts its parts and ties them together.

import { address, ApiError, health, send } from "./api.js";
import { announcer } from "./announcer.js";
import { DeliveryPane } from "./delivery.js";
import { editFaults } from "./faults.js";
import { isEmpty } from "./filter.js";
import { InboxPane } from "./inbox.js";
import { listenToKeys, showKeys } from "./keys.js";
import { Live } from "./live.js";
import { copyButton } from "./shared/clipboard.js";
import { confirm } from "./shared/dialogs.js";
import { byId, fill, h } from "./shared/dom.js";
import { menu } from "./shared/menu.js";
import { say, sayError } from "./shared/messages.js";
import { signIn } from "./shared/sign-in.js";
import { themeSwitch } from "./shared/theme-switch.js";
import { showConnection, tool } from "./shared/top.js";
import { Store } from "./store.js";
import { deliverTo, deliveryOrigin, welcome } from "./welcome.js";

const panes = byId("panes");
const store = new Store();
const inbox = new InboxPane(byId("inbox"), store, () => showDetail());
const pane = new DeliveryPane(byId("detail"), {
  back: leaveDetail,
  filterBy: (text) => filterBy(text),
  removed: (id) => store.remove(id),
});
const live = new Live({
  deliveries: (deliveries) => store.receive(deliveries),
  state: (state) => showConnection(byId("connection"), state),
  opened: () => store.catchUp().catch(sayError),
  removed: (id) => store.remove(id),
  reset: () => store.reload().catch(sayError),
  refused: askForToken,
});

drawTop();
store.addEventListener("picked", showPicked);
store.addEventListener("list", showWelcome);
store.addEventListener("arrived", announcer(byId("announcer")));
store.isSeen = () => !document.hidden && byId("detail").checkVisibility();
document.addEventListener("visibilitychange", () => store.looked());
addEventListener("popstate", goBack);
listenToKeys(keys());
start();

async function start() {
  try {
    pickFromAddress();
    await store.load();
    deliverTo((await health().catch(() => null))?.deliveries_url);
    drawEndpoint();
    byId("inbox").hidden = false;
    showWelcome();
    live.connect();
    await store.loadHistory();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) askForToken();
    else failed(error);
  }
}

function askForToken() {
  byId("inbox").hidden = true;
  pane.showInstead(
    signIn({
      title: "This inbox has a token",
      lead: [
        "Give the token that the receiver was started with (",
        h("code", {}, "--token"),
        " or ",
        h("code", {}, "HOOKSEAL_TOKEN"),
        ").",
      ],
      action: "Open the inbox",
      signedIn: start,
    }),
  );
  byId("token").focus();
}

/** @param {unknown} error */
function failed(error) {
  const again = h("button", { class: "button primary", type: "button", onclick: () => start() }, "Try again");
  const message = error instanceof Error ? error.message : String(error);
  pane.showInstead(
    h(
      "div",
      { class: "welcome" },
      h("div", { role: "alert" }, h("h2", {}, "The inbox cannot be read"), h("p", { class: "lead" }, message)),
      h("p", {}, again),
    ),
  );
}

function showPicked() {
  if (store.picked === "") return showWelcome();
  history.replaceState(history.state, "", `#${store.picked}`);
  pane.show(store.picked);
}

function showWelcome() {
  const isBlank = store.all.rows.length === 0 && store.picked === "";
  panes.dataset.isBlank = String(isBlank);
  if (isBlank && !byId("inbox").hidden) {
    history.replaceState(null, "", location.pathname);
    pane.showInstead(welcome());
  }
}

function pickFromAddress() {
  const id = location.hash.slice(1);
  if (!/^[0-9a-f-]{36}$/.test(id)) return;
  store.pick(id, { byHand: true });
  showDetail();
}

/** Where both do not fit side by side, the browser's way back leads from a delivery to the list. */
function showDetail() {
  const isFromList = !byId("detail").checkVisibility();
  panes.dataset.shown = "detail";
  store.looked();
  if (isFromList) history.pushState({ isFromList }, "", location.href);
  byId("detail").focus({ preventScroll: true });
}

function leaveDetail() {
  if (history.state?.isFromList) history.back();
  else showList();
}

function goBack() {
  if (byId("inbox").checkVisibility()) pickFromAddress();
  else showList();
}

function showList() {
  panes.dataset.shown = "inbox";
  inbox.list.element.focus({ preventScroll: true });
}

/** @param {string} text */
function filterBy(text) {
  inbox.filterBy(text);
  showList();
}

function drawEndpoint() {
  fill(
    byId("endpoint"),
    h("code", {}, `${deliveryOrigin()}/`),
    copyButton(() => `${deliveryOrigin()}/`, "Copy the URL to send to"),
  );
}

function drawTop() {
  drawEndpoint();
  const exporting = menu(tool("download", "Export"), () => {
    const { filter } = inbox;
    const note = isEmpty(filter) ? "All deliveries" : "What the filter leaves";
    return [
      { label: "NDJSON", note, href: address("export", { ...filter, format: "ndjson" }) },
      { label: "HAR 1.2", note, href: address("export", { ...filter, format: "har" }) },
      { label: "curl script", note, href: address("export", { ...filter, format: "curl" }) },
    ];
  });
  const theme = tool("system", "Theme");
  themeSwitch(theme);
  const faults = tool("faults", "Faults", () => editFaults().catch(sayError));
  const clear = tool("trash", "Clear all", () => clearAll().catch(sayError));
  fill(
    byId("tools"),
    exporting,
    faults,
    clear,
    tool("keyboard", "Keys", () => showKeys(keys())),
    theme,
  );
}

async function clearAll() {
  if (!(await confirm("Delete all deliveries?", "The inbox is emptied for everybody who uses it.", "Delete all")))
    return;
  const { deleted } = await send("DELETE", "deliveries");
  await store.reload();
  say(`${deleted} deleted`);
}

/** @returns {import("./keys.js").Key[]} */
function keys() {
  return [
    { keys: ["j", "ArrowDown"], does: "the next delivery, which is older", run: () => inbox.move(1) },
    { keys: ["k", "ArrowUp"], does: "the one before, which is newer", run: () => inbox.move(-1) },
    { keys: ["g", "Home"], does: "the newest", run: () => inbox.pickAt(0) },
    { keys: ["G", "End"], does: "the oldest in the list", run: () => inbox.pickAt(-1) },
    { keys: ["Enter"], does: "to the delivery itself", run: showDetail },
    { keys: ["Escape"], does: "back to the list", run: leaveDetail },
    { keys: ["/"], does: "filter", run: () => inbox.field.focus() },
    { keys: ["f"], does: "follow the newest, or stay", run: () => store.follow(!store.following) },
    { keys: ["1", "2", "3"], does: "the body raw, as JSON, in hex", run: (key) => pane.showReading(Number(key) - 1) },
    { keys: ["r"], does: "resend", run: () => pane.actions?.resend() },
    { keys: ["c"], does: "copy as curl", run: () => pane.actions?.copyCurl() },
    { keys: ["x"], does: "delete", run: () => pane.actions?.remove() },
    { keys: ["?"], does: "this list", run: () => showKeys(keys()) },
  ];
}
