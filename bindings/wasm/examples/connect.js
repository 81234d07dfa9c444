import { createServer } from "node:http";

import connect from "connect";
import { signedDelivery } from "hookseal/node";

const app = connect();

app.use("/webhooks", signedDelivery(process.env.HOOKSEAL_SHARED_KEY));
app.use("/webhooks", (request, response) => {
  console.log(request.hookseal.json());
  response.writeHead(204).end();
});

const server = createServer(app);
server.listen(process.env.PORT ?? 3000, () => console.log(`Listening on port ${server.address().port}`));
