import http from "node:http";

/** The receiver's control API. */
export class Api {
  #address;

  constructor(address) {
    this.#address = address;
  }

  /** What it answers to a path, as JSON. `patience` is how long it may take, in milliseconds. */
  async json(path, query, patience) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
    const { status, body } = await this.get(`${path}?${new URLSearchParams(given)}`, patience);
    return { status, answer: JSON.parse(body) };
  }

  get(path, patience = 20_000) {
    return new Promise((resolve, reject) => {
      // An agent of its own: the global one may go through the proxies of the environment.
      const request = http.get(`http://${this.#address}/_hookseal/api${path}`, { agent: false }, (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode, body: Buffer.concat(chunks) }));
      });
      request.on("error", reject);
      request.setTimeout(patience, () => request.destroy(new Error(`the receiver did not answer within ${patience} ms`)));
    });
  }
}

export function unlessRefused({ status, answer }) {
  if (status !== 200) throw new Error(`the receiver refuses: ${answer.message} (${answer.code})`);
  return answer;
}
