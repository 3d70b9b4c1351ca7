"""Stop sequences hold even when the upstream ignores them.

Claude Code's auto mode lives on that: its classifier's verdict must end before `</severity>`
(techysy/10router#18, farion1231/cc-switch#1678).
"""

from ccrouter.model.events import (
    BlockKey,
    BlockStop,
    Event,
    Failed,
    Finish,
    TextDelta,
    UsageUpdate,
)


class StopSequenceFilter:
    """An event filter for one reply: cuts the text at the first stop sequence, lets nothing but usage follow.

    Text that may be the beginning of a stop sequence is held back until it is known; a block's text is one string
    however it was cut into deltas, and a sequence does not reach across blocks.
    """

    def __init__(self, sequences: tuple[str, ...]) -> None:
        self._sequences = tuple(sequence for sequence in sequences if sequence)
        self._held = ""
        self._key: BlockKey | None = None
        self._found: str | None = None

    def __call__(self, events: list[Event]) -> list[Event]:
        """The events that may go out now."""
        out: list[Event] = []
        for event in events:
            if self._found is not None:
                self._after(event, out)
            elif isinstance(event, TextDelta):
                self._text(event, out)
            else:
                if isinstance(event, BlockStop | Failed) and self._held:
                    self._release(out)
                out.append(event)
        return out

    def _text(self, event: TextDelta, out: list[Event]) -> None:
        self._key = event.key
        text = self._held + event.text
        position, sequence = first_match(text, self._sequences)
        if sequence is not None:
            self._found, self._held = sequence, ""
            if position:
                out.append(TextDelta(event.key, text[:position]))
            out.append(BlockStop(event.key))
            return
        keep = longest_beginning(text, self._sequences)
        self._held = text[len(text) - keep :] if keep else ""
        if len(text) > keep:
            out.append(TextDelta(event.key, text[: len(text) - keep]))

    def _release(self, out: list[Event]) -> None:
        assert self._key is not None
        out.append(TextDelta(self._key, self._held))
        self._held = ""

    def _after(self, event: Event, out: list[Event]) -> None:
        # What the upstream says after the stop is not part of the answer; its account of tokens and its end are.
        if isinstance(event, UsageUpdate):
            out.append(event)
        elif isinstance(event, Finish | Failed):
            out.append(Finish("stop_sequence", self._found))


def first_match(text: str, sequences: tuple[str, ...]) -> tuple[int, str | None]:
    """Where the stop sequence that is complete first begins in `text`, and which it is; the longer of two at once.

    Complete first, not begun first: a model stops when it has written one, and only so the cut does not matter.
    """
    start, end, found = len(text), len(text) + 1, None
    for sequence in sequences:
        position = text.find(sequence)
        if position >= 0 and (position + len(sequence), position) < (end, start):
            start, end, found = position, position + len(sequence), sequence
    return start, found


def longest_beginning(text: str, sequences: tuple[str, ...]) -> int:
    """How many characters at the end of `text` may be the beginning of a stop sequence."""
    longest = 0
    for sequence in sequences:
        for length in range(min(len(sequence) - 1, len(text)), longest, -1):
            if text.endswith(sequence[:length]):
                longest = length
                break
    return longest
