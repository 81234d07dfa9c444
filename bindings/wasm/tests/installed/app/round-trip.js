import { HEADER_NAME, sign, VerificationError, Verifier, verifyRequest } from "hookseal";

const SHARED_KEY = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

/** What an application does with the package; everywhere with the same outcome. */
export async function roundTrip() {
  const body = new TextEncoder().encode('{ "text": "wärning" }');
  const signature = sign(body, SHARED_KEY);
  const verifier = new Verifier(SHARED_KEY);
  const request = new Request("https://example.org/webhooks", { method: "POST", headers: { [HEADER_NAME]: signature }, body });
  return {
    signature,
    verified: verifier.verify(body, signature).keyFormat,
    refused: refusal(() => verifier.verify(body.subarray(1), signature)),
    text: (await verifyRequest(request, verifier)).json().text,
  };
}

function refusal(call) {
  try {
    call();
  } catch (error) {
    return error instanceof VerificationError && error.code;
  }
}
