import hookseal = require("hookseal");
import node = require("hookseal/node");
import testing = require("hookseal/testing");

export const signature: string = hookseal.sign("{}", "a shared key of at least 32 octets", { keyFormat: "utf8" });
export const middleware = node.signedDelivery(new hookseal.Verifier("a shared key of at least 32 octets"));
export const command: string = testing.findCommand();
