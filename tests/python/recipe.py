"""The vendor's recipe: the lines of its page on health notifications, with the key and the body filled in."""

from jwcrypto import jwk, jws


def sign(shared_key: str, body: bytes) -> str:
    """The value of X-JWS-Signature."""
    rfc7797_u_header = '{"alg":"HS256","b64":false,"crit":["b64"]}'
    json_web_key = jwk.JWK(kty="oct", k=shared_key)

    sig = jws.JWS(body)
    sig.add_signature(json_web_key, protected=rfc7797_u_header)
    sig.detach_payload()

    return sig.serialize(compact=True)
