"""The exceptions. The native module raises them."""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` takes longer to import than all of hookseal
if TYPE_CHECKING:
    from hookseal.types import KeyCode, VerificationCode


class HookSealError(Exception):
    """What hookseal has to say against a delivery or a key.

    Its text never holds a key or an expected signature; what it quotes of a stranger's value is escaped and cut short.
    """

    __module__ = "hookseal"

    code: str
    """The stable name of what is wrong, the same in every language that hookseal speaks."""

    hint: str
    """The likely culprit and what to do about it: for whoever runs the receiver, never for the sender."""

    http_status: int
    """The status to answer with: 401, 400 or 413, and 500 where the receiver's own key is at fault."""

    def __init__(self, message: str, code: str, hint: str, http_status: int) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint
        self.http_status = http_status
        self.add_note(f"hint: {hint}")

    def __reduce__(self) -> tuple[object, ...]:
        """Lets it pass between processes."""
        return type(self), (str(self), self.code, self.hint, self.http_status), self.__dict__


class VerificationError(HookSealError):
    """The delivery is refused: it does not prove that its sender has the shared key."""

    __module__ = "hookseal"

    code: VerificationCode


class InvalidKeyError(HookSealError, ValueError):
    """The key cannot be used: it is malformed, empty or under 32 octets."""

    __module__ = "hookseal"

    code: KeyCode

    key_index: int | None = None
    """The place of the key among several that a Verifier was given, counted from 0; None where there is one."""
