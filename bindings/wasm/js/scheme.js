/** The name of the HTTP header that carries the signature. */
export const HEADER_NAME = "X-JWS-Signature";

/** The protected header of every signature the platform makes. */
export const PROTECTED_HEADER = '{"alg":"HS256","b64":false,"crit":["b64"]}';

/** The same in base64url, and the two dots: how every value of the platform's starts. The signature is what follows. */
export const FIXED = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..";
