// JSON.stringify: a line of a style's number and a document in base64 comes in, the document as it is written goes out.
import { createInterface } from "node:readline";

const INDENTS = [undefined, 2, 4, "\t"];
for await (const line of createInterface({ input: process.stdin })) {
  const [style, document] = line.split(" ");
  const value = JSON.parse(Buffer.from(document, "base64").toString());
  process.stdout.write(Buffer.from(JSON.stringify(value, null, INDENTS[style])).toString("base64") + "\n");
}
