import Fastify from "fastify";
import { VerificationError, Verifier } from "hookseal";

const verifier = new Verifier(process.env.HOOKSEAL_SHARED_KEY);
const app = Fastify();

// A context of its own: only in here is the body left as it came.
app.register(async (webhooks) => {
  webhooks.removeAllContentTypeParsers();
  webhooks.addContentTypeParser("*", { parseAs: "buffer" }, (request, body, done) => done(null, body));

  webhooks.post("/webhooks", async (request, reply) => {
    verifier.verify(request.body ?? "", request.raw.headersDistinct["x-jws-signature"]);
    console.log(JSON.parse(request.body));
    return reply.code(204).send();
  });

  webhooks.setErrorHandler((error, request, reply) => {
    if (!(error instanceof VerificationError)) throw error;
    console.error(error.message, error.hint); // for you
    return reply.code(error.httpStatus).send({ code: error.code }); // for the sender
  });
});

// The rest of the application has its bodies parsed.
app.post("/echo", async (request) => request.body);

await app.listen({ port: process.env.PORT ?? 3000 });
console.log(`Listening on port ${app.server.address().port}`);
