from typing import Any, ClassVar, Final, Literal, Self, final

from typing_extensions import Buffer

from hookseal._errors import VerificationError
from hookseal.types import (
    ConfiguredKey,
    ConfiguredKeys,
    Family,
    KeyCode,
    KeyFormat,
    Policy,
    RuledOut,
    SharedKey,
    SharedKeys,
    Signature,
    TextKeyFormat,
    VerificationCode,
)

__all__ = [
    "HEADER_NAME",
    "PROTECTED_HEADER",
    "VERSION",
    "Cause",
    "DroppedReading",
    "Explanation",
    "Key",
    "Note",
    "SignStream",
    "Signer",
    "Verified",
    "Verifier",
    "VerifyStream",
    "body_too_large",
    "explain",
    "sign",
]

HEADER_NAME: Final = "X-JWS-Signature"
PROTECTED_HEADER: Final = '{"alg":"HS256","b64":false,"crit":["b64"]}'
VERSION: Final[str]

def sign(
    body: Buffer, shared_key: SharedKey, *, key_format: TextKeyFormat = "jwk", allow_weak_key: bool = False
) -> str:
    """The X-JWS-Signature of a body: its raw octets, exactly as they will be sent."""

def explain(
    shared_key: ConfiguredKey | ConfiguredKeys,
    body: Buffer,
    signature: Signature,
    *,
    key_format: TextKeyFormat | Literal["auto"] = "auto",
    policy: Policy = "fixed",
    allow_weak_key: bool = False,
) -> Explanation:
    """Says why a signature does not verify: what has to be undone for its MAC to match."""

def body_too_large(limit: int) -> VerificationError:
    """The refusal of a body that is larger than so many octets."""

@final
class Key:
    """A key, read in one known way."""

    @staticmethod
    def from_jwk_k(k: str, *, allow_weak_key: bool = False) -> Key:
        """The k of a JWK, base64url-decoded, as the vendor's recipe reads a shared key."""

    @staticmethod
    def from_jwk_k_lenient(k: str, *, allow_weak_key: bool = False) -> Key:
        """As from_jwk_k, but a malformed string gives the very key that the vendor's recipe makes of it."""

    @staticmethod
    def from_utf8(text: str, *, allow_weak_key: bool = False) -> Key:
        """The string's own octets in UTF-8."""

    @staticmethod
    def from_base64(text: str, *, allow_weak_key: bool = False) -> Key:
        """Standard base64, with complete padding or none."""

    @staticmethod
    def from_hex(text: str, *, allow_weak_key: bool = False) -> Key:
        """Hexadecimal in either case."""

    @staticmethod
    def from_bytes(octets: bytes | bytearray | memoryview, *, allow_weak_key: bool = False) -> Key:
        """The key's raw octets: bytes, a bytearray or a memoryview."""

    @property
    def format(self) -> KeyFormat:
        """How the key was read: jwk, jwk-lenient, utf8, base64, hex or bytes."""

@final
class Signer:
    """Makes X-JWS-Signature values with one key, for any number of bodies."""

    def __new__(
        cls, shared_key: SharedKey, *, key_format: TextKeyFormat = "jwk", allow_weak_key: bool = False
    ) -> Self: ...
    def sign(self, body: Buffer) -> str:
        """The header's value for a body: its raw octets, exactly as they will be sent."""

    def stream(self) -> SignStream:
        """Signs a body that comes in pieces."""

@final
class SignStream:
    """A signature in the making; see Signer.stream."""

    def update(self, chunk: Buffer) -> None:
        """Takes the next octets of the body."""

    def finish(self) -> str:
        """The header's value for all that was taken."""

@final
class Verifier:
    """Verifies X-JWS-Signature values."""

    def __new__(
        cls,
        shared_key: SharedKey | SharedKeys,
        *more: SharedKey | SharedKeys,
        key_format: TextKeyFormat | Literal["auto"] = "auto",
        policy: Policy = "fixed",
        allow_weak_key: bool = False,
    ) -> Self: ...
    def verify(self, body: Buffer, signature: Signature) -> Verified:
        """Verifies the raw octets of a body against the header's value."""

    def stream(self, signature: Signature) -> VerifyStream:
        """Verifies a body that comes in pieces. The header's value is checked here, the signature in finish()."""

    @property
    def dropped(self) -> list[DroppedReading]:
        """The readings of the shared keys that cannot be used, and why."""

@final
class VerifyStream:
    """A verification under way; see Verifier.stream."""

    def update(self, chunk: Buffer) -> None:
        """Takes the next octets of the body."""

    def finish(self) -> Verified:
        """Compares the signature with that of all that was taken. Raises VerificationError unless they are the same."""

@final
class Verified:
    """What a valid signature proves: which key signed, and what the protected header says besides."""

    @property
    def key_index(self) -> int:
        """The key's place among the verifier's, counted from 0. Two readings of one shared key have the same."""

    @property
    def key_format(self) -> KeyFormat:
        """How the key was read: jwk, jwk-lenient, utf8, base64, hex or bytes."""

    @property
    def header_parameters(self) -> dict[str, object]:
        """The protected header's members besides alg, b64 and crit; always empty under the policy "fixed"."""

    def __bool__(self) -> Literal[True]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class DroppedReading:
    """A reading of a shared key that a verifier cannot use, and why."""

    @property
    def key_index(self) -> int:
        """Which of the shared keys, counted from 0."""

    @property
    def key_format(self) -> KeyFormat:
        """The reading."""

    @property
    def code(self) -> KeyCode:
        """weak_key or invalid_key."""

    @property
    def message(self) -> str:
        """What is wrong with it."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Explanation:
    """What was found out about a signature; see explain."""

    @property
    def valid(self) -> bool:
        """Whether the signature verifies as it is: there is nothing to explain then."""

    @property
    def code(self) -> VerificationCode | KeyCode | None:
        """Why it was refused, as VerificationError and InvalidKeyError have it; None when it is valid."""

    @property
    def message(self) -> str | None:
        """The refusal in words; None when it is valid."""

    @property
    def key_index(self) -> int | None:
        """The place of the key that signed among the shared keys, counted from 0; None unless a MAC matches."""

    @property
    def key_format(self) -> KeyFormat | None:
        """How the key that signed is read; None unless a MAC matches."""

    @property
    def causes(self) -> tuple[Cause, ...]:
        """What has to be undone, all of it together, for the signature to match; empty when nothing that was tried does."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """What no MAC proves: whose scheme a value is, damage that cannot be undone, keys that cannot be used."""

    @property
    def tried(self) -> int:
        """How many MACs were computed, 512 at most."""

    @property
    def exhausted(self) -> bool:
        """Whether the search ended before everything was tried."""

    @property
    def ruled_out(self) -> RuledOut:
        """How many hypotheses about keys, bodies, inputs (what is signed besides the body) and pairs MACs disproved."""

    def to_dict(self) -> dict[str, Any]:
        """What `hookseal explain --json` prints: dicts, lists, texts and numbers."""

    def __eq__(self, other: object, /) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Cause:
    """One change that makes the signature match, proved by the MAC."""

    @property
    def id(self) -> str:
        """The stable name, the family's before its dot: body.newline_added."""

    @property
    def family(self) -> Family:
        """What it is about: key, body, input (what is signed besides the body) or value (the header's)."""

    @property
    def found(self) -> str:
        """What was found: 'The signature matches if …'."""

    @property
    def fix(self) -> str:
        """What to do about it."""

    @property
    def detail(self) -> dict[str, str | int]:
        """Which of its kind: the reading, the style, the place."""

    def __eq__(self, other: object, /) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Note:
    """Something worth knowing that no MAC proves."""

    @property
    def id(self) -> str:
        """The stable name: scheme.… and value.… of header values, damage.… of bodies, key.… of keys."""

    @property
    def found(self) -> str:
        """What was found."""

    @property
    def fix(self) -> str:
        """What to do about it."""

    @property
    def detail(self) -> dict[str, str | int]:
        """The place and the like."""

    def __eq__(self, other: object, /) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]
