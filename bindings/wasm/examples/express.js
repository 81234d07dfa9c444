import express from "express";
import { signedDelivery } from "hookseal/node";

const app = express();

// Before any parser: the signature covers the raw octets.
app.post("/webhooks", signedDelivery(process.env.HOOKSEAL_SHARED_KEY), (request, response) => {
  console.log(request.hookseal.json());
  response.sendStatus(204);
});

// For the rest of the application.
app.use(express.json());
app.post("/echo", (request, response) => response.json(request.body));

const server = app.listen(process.env.PORT ?? 3000, () => console.log(`Listening on port ${server.address().port}`));
