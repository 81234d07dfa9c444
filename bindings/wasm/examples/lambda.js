import { VerificationError, Verifier } from "hookseal";
import { verifyLambdaEvent } from "hookseal/node";

const verifier = new Verifier(process.env.HOOKSEAL_SHARED_KEY);

export async function handler(event) {
  try {
    const delivery = verifyLambdaEvent(event, verifier);
    console.log(delivery.json());
    return { statusCode: 204 };
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    console.error(error.message, error.hint); // for you
    const headers = { "Content-Type": "application/json" };
    return { statusCode: error.httpStatus, headers, body: JSON.stringify({ code: error.code }) }; // for the sender
  }
}
