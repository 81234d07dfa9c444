/**
 * The module of WebAssembly: its one instance, the window into its memory, and the keys that are prepared in it.
 *
 * Nothing there has to be freed by hand. Of prepared keys it holds a bounded number, and JavaScript can prepare any of
 * them anew; so also after a trap, when the instance is thrown away.
 */

import module from "#module";

/** How many sets of keys are prepared at a time. */
const SLOTS = 32;
export const WINDOW = 64 * 1024;

/** The length of a value of the platform's. */
export const VALUE = 101;

let functions;
let memory;
let start;
let view;
let valueView;
let owners;
let next;
/** Counts the instances that are gone, and with them what streams held there. */
let instances = 0;

function instantiate() {
  ({ exports: functions } = new WebAssembly.Instance(module, {}));
  memory = functions.memory;
  start = functions.window();
  view = undefined;
  owners = new Array(SLOTS);
  next = 0;
}

/** The functions of the module. */
export function wasm() {
  if (functions === undefined) instantiate();
  return functions;
}

/** The window. Writing beyond its end throws. */
export function window() {
  if (functions === undefined) instantiate();
  if (view === undefined || view.length === 0) look();
  return view;
}

/** The place behind the window for a value of the platform's. */
export function valueRoom() {
  window();
  return valueView;
}

/** Looks at the memory anew: one that grows leaves its old views empty. */
function look() {
  view = new Uint8Array(memory.buffer, start, WINDOW);
  valueView = new Uint8Array(memory.buffer, start + WINDOW, VALUE);
}

export const instance = () => instances;

/**
 * The slot that holds `owner`, whose `prepare(slot)` fills it where it does not.
 */
export function slotOf(owner) {
  if (functions === undefined) instantiate();
  if (owners[owner.slot] === owner) return owner.slot;
  const slot = next;
  next = (next + 1) % SLOTS;
  owners[slot] = undefined;
  owner.prepare(slot);
  owners[slot] = owner;
  owner.slot = slot;
  return slot;
}

/** Calls into the module. */
export function call(into) {
  try {
    return into(wasm());
  } catch (error) {
    throw cutShort(error);
  }
}

/**
 * What to throw when a call into the module threw: it was cut short, by a stack that was nearly full or memory that could
 * not grow, and its memory is in no state to go on with. The next call gets a new instance.
 */
export function cutShort(cause) {
  functions = undefined;
  instances += 1;
  return new Error("hookseal was cut short and starts afresh; the call can be repeated", { cause });
}
