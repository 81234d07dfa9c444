/** A Worker that verifies what it gets. */

import { VerificationError, verifyRequest } from "hookseal";

export default {
  async fetch(request, { SHARED_KEY }) {
    try {
      const delivery = await verifyRequest(request, SHARED_KEY);
      return Response.json({ key: delivery.keyFormat, body: delivery.json() });
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      return Response.json({ code: error.code }, { status: error.httpStatus });
    }
  },
};
