/**
 * Verifies over and over, with everything that could be left behind: `node --expose-gc run.js COUNT [BUILD]`.
 *
 * Fails when the process or the module of WebAssembly has grown after the first tenth.
 */

// The build for Node.js unless another one is named.
const { Signer, sign, Verifier } = await import(process.argv[3] ?? "hookseal");
const count = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = 10;
/** What the engine itself takes for this and that in the meantime. */
const ALLOWED = 24 * 1024 * 1024;

const sharedKey = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const body = Buffer.from('{"severity":"warning"}');
const large = Buffer.alloc(70_000, 0x61);
const signature = sign(body, sharedKey);
const ofLarge = sign(large, sharedKey);
const verifier = new Verifier(sharedKey);

function once(turn) {
  verifier.verify(body, signature);
  if (turn % 10 === 0) new Verifier(`${sharedKey.slice(0, -8)}${10_000_000 + turn}`, { allowWeakKey: true });
  if (turn % 20 === 0) refused(() => verifier.verify("{}", signature));
  // Two that are left unfinished.
  if (turn % 50 === 0) verifier.stream(signature).update("{");
  if (turn % 50 === 1) new Signer(sharedKey).stream().update("{");
  if (turn % 1000 === 0) verifier.verify(large, ofLarge);
}

function refused(call) {
  try {
    call();
  } catch {
    return;
  }
  throw new Error("it verified");
}

async function memory() {
  // Finalisers run between tasks.
  for (let turn = 0; turn < 3; turn += 1) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

let before;
for (let round = 0; round < ROUNDS; round += 1) {
  for (let turn = 0; turn < count / ROUNDS; turn += 1) {
    once(turn);
    // A server gets to other things, too.
    if (turn % 5_000 === 0) await new Promise(setImmediate);
  }
  const after = await memory();
  console.log(`${((count / ROUNDS) * (round + 1)).toLocaleString("en")} verifications: ${(after / 1e6).toFixed(1)} MB`);
  if (round === 0) before = after;
  else if (after > before + ALLOWED) throw new Error(`it grew by ${after - before} octets`);
}
