"""What `python -m hookseal explain` prints, word for word what the `hookseal` command does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hookseal import Cause, Explanation, Note


def explanation_text(explanation: Explanation, names: Sequence[str]) -> str:
    """The whole of it; `names` are what the user calls each key."""
    text = _verdict(explanation)
    if explanation.key_index is not None:
        name = names[explanation.key_index]
        text += f" with key {explanation.key_index} ({name}) read as {explanation.key_format}"
    if not explanation.valid:
        text += _conclusion(explanation)
    for place, cause in enumerate(explanation.causes, start=1):
        text += f"\n\n{place}. {cause.id}{_item(cause)}"
    for note in explanation.notes:
        text += f"\n\nnote: {note.id}{_item(note)}"
    return text


def _verdict(explanation: Explanation) -> str:
    if explanation.code is None:
        return "valid: there is nothing to explain; it is signed"
    if not explanation.causes:
        return f"not valid: {explanation.code}, and no cause is proved"
    these = "this is why" if len(explanation.causes) == 1 else "these together are why"
    return f"not valid: {explanation.code}, and {these}. It is signed"


def _conclusion(explanation: Explanation) -> str:
    """How sure that is: what was tried, and what is left when nothing matched."""
    tried = "1 MAC" if explanation.tried == 1 else f"{explanation.tried} MACs"
    if explanation.causes:
        return f"\nproved by a matching MAC, after {tried}"
    if explanation.tried == 0:
        return "\nnothing was tried: there is no key, or no HMAC-SHA256 in the value"
    ruled_out = explanation.ruled_out
    text = (
        f"\nruled out by {tried}: {ruled_out['keys']} other keys, {ruled_out['bodies']} changes of the body, "
        f"{ruled_out['inputs']} other signing inputs, {ruled_out['pairs']} pairs of a key and a change"
    )
    if explanation.exhausted:
        text += "\nnot everything was tried: the body is too large or the keys are too many"
    return (
        f"{text}\n\n  left: the sender has an altogether different key, or the body differs in more than one way or in "
        "its content. Compare the key in the sender's settings, and the body as it was on the wire."
    )


def _item(item: Cause | Note) -> str:
    text = f"\n   {item.found}\n   fix: {item.fix}"
    if item.detail:
        text += "\n   " + ", ".join(f"{name}: {value}" for name, value in item.detail.items())
    return text
