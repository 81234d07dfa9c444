/** The types that `require` finds. */

import hookseal = require("hookseal");
import explaining = require("hookseal/explain");

const verifier: hookseal.Verifier = new hookseal.Verifier("key");
const verified: hookseal.Verified = verifier.verify(Buffer.from(""), ["value"]);
const explanation: explaining.Explanation = explaining.explain("key", "body", "value");
// @ts-expect-error a parsed object
verifier.verify({ severity: "warning" }, "value");
void [verified, explanation];
