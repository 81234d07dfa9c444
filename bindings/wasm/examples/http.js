import { createServer } from "node:http";

import { VerificationError, Verifier } from "hookseal";
import { verifyNodeRequest } from "hookseal/node";

const verifier = new Verifier(process.env.HOOKSEAL_SHARED_KEY);

const server = createServer(async (request, response) => {
  try {
    const delivery = await verifyNodeRequest(request, verifier);
    console.log(delivery.json());
    response.writeHead(204).end();
  } catch (error) {
    const refused = error instanceof VerificationError;
    console.error(error.message, error.hint); // for you
    response.writeHead(refused ? error.httpStatus : 500, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ code: refused ? error.code : "internal" })); // for the sender
  }
});

server.listen(process.env.PORT ?? 3000, () => console.log(`Listening on port ${server.address().port}`));
