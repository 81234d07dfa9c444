"""Verify and sign webhooks that carry X-JWS-Signature, as Web PaaS, Platform.sh and Upsun send them.

>>> from hookseal import Verifier
>>> verifier = Verifier("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
>>> body = b"$.02"  # the raw octets, before anything parsed them
>>> signature = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY"
>>> verifier.verify(body, signature).key_format
'jwk'

What does not verify raises VerificationError, whose ``code`` is the same in every language that hookseal speaks, and
``explain`` finds out why.

For frameworks there are hookseal.asgi, hookseal.wsgi, hookseal.starlette, hookseal.fastapi, hookseal.flask and
hookseal.django; for tests the pytest fixture hookseal_receiver and hookseal.testing; for annotations hookseal.types.
"""

from hookseal._errors import HookSealError, InvalidKeyError, VerificationError
from hookseal._native import (
    HEADER_NAME,
    PROTECTED_HEADER,
    Cause,
    DroppedReading,
    Explanation,
    Key,
    Note,
    Signer,
    SignStream,
    Verified,
    Verifier,
    VerifyStream,
    explain,
    sign,
)
from hookseal._native import VERSION as __version__

__all__ = [
    "HEADER_NAME",
    "PROTECTED_HEADER",
    "Cause",
    "DroppedReading",
    "Explanation",
    "HookSealError",
    "InvalidKeyError",
    "Key",
    "Note",
    "SignStream",
    "Signer",
    "VerificationError",
    "Verified",
    "Verifier",
    "VerifyStream",
    "__version__",
    "explain",
    "sign",
]
