/** Everywhere but in Node.js, WebAssembly hashes bodies of any size. */
export const handover = undefined;
