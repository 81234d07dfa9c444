export { findCommand } from "./command.js";
export { Receiver, startReceiver, UnmetWaitError } from "./receiver.js";
