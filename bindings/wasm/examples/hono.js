import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { VerificationError, Verifier, verifyRequest } from "hookseal";

const verifier = new Verifier(process.env.HOOKSEAL_SHARED_KEY);
const app = new Hono();

app.post("/webhooks", async (context) => {
  const delivery = await verifyRequest(context.req.raw, verifier);
  console.log(delivery.json());
  return context.body(null, 204);
});

app.onError((error, context) => {
  if (!(error instanceof VerificationError)) throw error;
  console.error(error.message, error.hint); // for you
  return context.json({ code: error.code }, error.httpStatus); // for the sender
});

serve({ fetch: app.fetch, port: process.env.PORT ?? 3000 }, ({ port }) => console.log(`Listening on port ${port}`));
