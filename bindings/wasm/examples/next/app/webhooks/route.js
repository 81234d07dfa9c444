// Where Next.js looks for it: app/webhooks/route.js, or route.ts.
import { VerificationError, Verifier, verifyRequest } from "hookseal";

let verifier;

export async function POST(request) {
  // Not when the module is loaded: `next build` does so without the settings of production.
  verifier ??= new Verifier(process.env.HOOKSEAL_SHARED_KEY);
  try {
    const delivery = await verifyRequest(request, verifier);
    console.log(delivery.json());
    return new Response(null, { status: 204 });
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    console.error(error.message, error.hint); // for you
    return Response.json({ code: error.code }, { status: error.httpStatus }); // for the sender
  }
}
