export { RawBodyError } from "./raw-body-error.js";
export { signedDelivery } from "./middleware.js";
export { verifyLambdaEvent } from "./lambda.js";
export { verifyNodeRequest } from "./request.js";
