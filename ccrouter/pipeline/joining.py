"""One reply out of several: where a stream is torn amid its text, the next one continues the very same text block.

Pure: who is asked to continue, and how often, is for the gateway to say (`gateway/rescue.py`).
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from ccrouter.errors import UpstreamError, upstream_failure
from ccrouter.frozen import frozen
from ccrouter.model.blocks import Block, Opaque, Text, Thinking
from ccrouter.model.events import (
    BlockHead,
    BlockKey,
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    OpaqueBlock,
    OpaqueDelta,
    Signature,
    Start,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    Usage,
    UsageUpdate,
    merge_usage,
)
from ccrouter.model.json import as_str
from ccrouter.model.notes import Notes
from ccrouter.pipeline.seam import Seam, Verdict, new_text

BlockEvent: TypeAlias = BlockStart | TextDelta | ThinkingDelta | Signature | ToolInputDelta | OpaqueDelta | BlockStop

ANOTHER_TEXT = "the answer was cut off, and what should have continued it was another answer"
BETWEEN_TEXTS = "a continuation's reasoning would stand in the middle of the text"


@frozen
class Said:
    """What the client has of the answer: complete blocks, then the text of the one that is open."""

    blocks: tuple[Block, ...]
    text: str


class Joiner:
    """The events of one reply, from the events of several. `go_on` before each one but the first.

    A text block's end is held back until something follows it: what is torn between two blocks can still be continued.
    """

    def __init__(self, notes: Notes) -> None:
        """`notes`: where to write down what of a continuation was left out."""
        self.failure: UpstreamError | None = None
        """What tore the present reply. Nothing was given out for it."""
        self.over = False
        self.joined = True
        """Something of the present reply has been given out, or it has ended well."""
        self._notes = notes
        self._seam: Seam | None = None
        """Set while it is not known where the continuation's new text begins."""
        self._held = ""
        self._aside: list[BlockEvent] | None = None
        """The reasoning of a continuation that has not come to its text."""
        self._open: BlockKey | None = None
        self._head: BlockHead | None = None
        self._content: list[str] = []
        self._signature: str | None = None
        self._blocks: list[Block] = []
        self._plain = True
        self._keys: dict[BlockKey, BlockKey] = {}
        self._next_key: BlockKey = 0
        self._account = Account()

    @property
    def can_go_on(self) -> bool:
        """Nothing but text, and reasoning before it, has been given out, and the text is still open."""
        return self._plain and not self.over and isinstance(self._head, TextBlock) and bool(self._content)

    @property
    def said(self) -> Said:
        """What a continuation has to know."""
        return Said(tuple(self._blocks), "".join(self._content))

    def go_on(self, seam: Seam) -> None:
        """What `take` gets from here on is another reply, which goes on at `seam`."""
        self._seam, self._held, self._aside = seam, "", None
        self._keys = {}
        self.failure, self.joined = None, False
        self._account.next_reply(len(seam.sent))

    def take(self, events: Iterable[Event]) -> list[Event]:
        """What the client gets for these events of the present reply."""
        out: list[Event] = []
        for event in events:
            if self.failure is not None or self.over:
                break
            self._take(event, out)
        self.joined = self.joined or bool(out)
        return out

    def give_up(self, error: UpstreamError) -> list[Event]:
        """The honest end of a reply that nobody has continued."""
        self.over = True
        return (
            [UsageUpdate(self._account.total(torn=True)), Failed(error)] if self._account.several else [Failed(error)]
        )

    def _take(self, event: Event, out: list[Event]) -> None:
        match event:
            case Start():
                self._account.told(event.usage)
                if not self._account.several:
                    out.append(event)
            case UsageUpdate(usage):
                self._account.told(usage)
                if not self._account.several:
                    out.append(event)
            case Finish():
                self._finish(event, out)
            case Failed(error):
                self.failure = error
            case _:
                self._account.said(event)
                if self._seam is None:
                    self._pass_on(event, out)
                else:
                    self._at_the_seam(event, self._seam, out)

    def _pass_on(self, event: BlockEvent, out: list[Event]) -> None:
        if isinstance(event, BlockStart):
            self._close(out)
            self._start(event, out)
            return
        key = self._keys.get(event.key, event.key)
        if isinstance(event, BlockStop):
            if isinstance(self._head, TextBlock):
                return
            self._remember()
        elif isinstance(event, TextDelta | ThinkingDelta):
            self._content.append(event.text)
        elif isinstance(event, Signature):
            self._signature = event.signature
        else:
            self._plain = False
        out.append(event if key == event.key else replace(event, key=key))

    def _start(self, event: BlockStart, out: list[Event]) -> None:
        key = event.key if not self._account.several else self._next_key
        self._keys[event.key] = key
        self._next_key = max(self._next_key, key) + 1
        self._open, self._head, self._content, self._signature = key, event.block, [], None
        self._plain = self._plain and (isinstance(event.block, TextBlock) or is_reasoning(event.block))
        out.append(event if key == event.key else replace(event, key=key))

    def _close(self, out: list[Event]) -> None:
        """Give out the end of the text block that is open, if one is."""
        if self._open is not None and isinstance(self._head, TextBlock):
            out.append(BlockStop(self._open))
            self._remember()

    def _remember(self) -> None:
        """The open block is complete."""
        content = "".join(self._content)
        match self._head:
            case TextBlock():
                self._blocks.append(Text(content))
            case ThinkingBlock():
                self._blocks.append(Thinking(content, self._signature))
            case OpaqueBlock(raw):
                self._blocks.append(Opaque(raw))
            case _:
                pass
        self._open, self._head, self._content = None, None, []

    def _at_the_seam(self, event: BlockEvent, seam: Seam, out: list[Event]) -> None:
        if self._aside is not None and not (isinstance(event, BlockStart) and not is_reasoning(event.block)):
            self._aside.append(event)
        elif isinstance(event, BlockStart):
            self._begin_at_the_seam(event, out)
        elif isinstance(event, TextDelta):
            self._held += event.text
            self._join(event.key, seam, out, complete=False)
        elif isinstance(event, BlockStop):
            self._join(event.key, seam, out, complete=True)
        else:
            self._plain = False
            self._notes.add("citations", "the reply", "they belong to text that is not joined yet")

    def _begin_at_the_seam(self, event: BlockStart, out: list[Event]) -> None:
        if is_reasoning(event.block):
            self._aside = [event]
            return
        aside, self._aside = self._aside, None
        if isinstance(event.block, TextBlock):
            assert self._open is not None, "only open text is continued"
            self._keys[event.key] = self._open
            if aside:
                self._notes.add("thinking", "the reply", BETWEEN_TEXTS)
            return
        # A call, and no more text: what was thought of it belongs to it, and its provider may want it back.
        self._seam = None
        for held in (*(aside or ()), event):
            self._pass_on(held, out)

    def _join(self, key: BlockKey, seam: Seam, out: list[Event], *, complete: bool) -> None:
        verdict = new_text(seam, self._held, complete=complete)
        if verdict is Verdict.WAIT:
            return
        if isinstance(verdict, Verdict):
            self.failure = upstream_failure(ANOTHER_TEXT)
            return
        new, self._held, self._seam = self._held[verdict:], "", None
        if new:
            self._pass_on(TextDelta(key, new), out)

    def _finish(self, event: Finish, out: list[Event]) -> None:
        if self._aside:
            self._notes.add("thinking", "the reply", BETWEEN_TEXTS)
        self._close(out)
        if self._account.several:
            out.append(UsageUpdate(self._account.total(torn=False)))
        out.append(event)
        self.over = self.joined = True


class Account:
    """The tokens of a reply that is made of several: the prompt of the first, the output of all."""

    def __init__(self) -> None:
        self.several = False
        """There has been more than one reply."""
        self._now = Usage()
        self._letters = 0
        self._before = 0
        self._prompt: Usage | None = None
        self._repeated = 0
        """Letters of the answer that are in the present reply's prompt."""

    def told(self, usage: Usage) -> None:
        """What the present reply's upstream says."""
        self._now = merge_usage(self._now, usage)

    def said(self, event: BlockEvent) -> None:
        """What the present reply consists of: whoever is torn has not told its tokens."""
        match event:
            case TextDelta(_, text) | ThinkingDelta(_, text) | ToolInputDelta(_, text):
                self._letters += len(text)
            case _:
                pass

    def next_reply(self, repeated: int) -> None:
        """The present reply is torn. The next one's prompt holds `repeated` letters of the answer."""
        self._before += self._output(torn=True)
        if self._prompt is None and has_prompt(self._now):
            self._prompt = self._fitting_prompt()
        self._now, self._letters, self._repeated = Usage(), 0, repeated
        self.several = True

    def total(self, *, torn: bool) -> Usage:
        """All of it, as far as it is told, else by letters. `torn`: the present reply is."""
        prompt = self._prompt
        if prompt is None:
            prompt = self._fitting_prompt() if has_prompt(self._now) else Usage()
        return replace(prompt, output=self._before + self._output(torn=torn))

    def _output(self, *, torn: bool) -> int:
        told, guessed = self._now.output, -(-self._letters // 4)
        if told is None:
            return guessed
        # A stream that is torn has told its beginning's count at best (Anthropic: 1).
        return max(told, guessed) if torn else told

    def _fitting_prompt(self) -> Usage:
        """The present reply's prompt without the answer so far, which counts as output."""
        told = self._now.input
        return replace(self._now, input=None if told is None else max(0, told - self._repeated // 4), output=None)


def has_prompt(usage: Usage) -> bool:
    """True when the size of the prompt was told."""
    return usage.input is not None or usage.cache_read is not None


def is_reasoning(head: BlockHead) -> bool:
    """True for what a model thinks, also where only its provider can read it."""
    if isinstance(head, OpaqueBlock):
        return as_str(head.raw.get("type")) == "redacted_thinking"
    return isinstance(head, ThinkingBlock)
