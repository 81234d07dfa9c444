import { VerificationError, Verifier, verifyRequest } from "hookseal";

let verifier;

export default {
  async fetch(request, env) {
    verifier ??= new Verifier(env.HOOKSEAL_SHARED_KEY); // a secret: wrangler secret put HOOKSEAL_SHARED_KEY
    try {
      const delivery = await verifyRequest(request, verifier);
      console.log(delivery.json());
      return new Response(null, { status: 204 });
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      console.error(error.message, error.hint); // for you
      return Response.json({ code: error.code }, { status: error.httpStatus }); // for the sender
    }
  },
};
