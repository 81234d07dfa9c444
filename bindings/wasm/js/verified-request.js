/** A verdict, and the raw octets that it is about. */
export class VerifiedRequest {
  constructor(verified, body) {
    Object.assign(this, verified, { body });
  }

  text() {
    return new TextDecoder().decode(this.body);
  }

  json() {
    return JSON.parse(this.text());
  }
}
