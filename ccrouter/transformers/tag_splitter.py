"""Splitting reasoning out of text in which a model wrote it between tags (`<think>…</think>`), and putting it back.

`TagSplitter` is a filter over events, so it is the same for streamed and whole replies. Blocks that it makes
need keys that the decoder did not give out: it renames every block of the reply, counting from 0.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from ccrouter.model.blocks import Block, Text, Thinking
from ccrouter.model.envelope import BETWEEN_TAGS, Envelope, seal
from ccrouter.model.events import (
    BEFORE_ANSWER,
    PLAIN_TEXT,
    BlockHead,
    BlockKey,
    BlockStart,
    BlockStop,
    Event,
    Failed,
    OpaqueDelta,
    Signature,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
)
from ccrouter.model.request import Message, Request
from ccrouter.model.runs import DeltaRun

Tags: TypeAlias = tuple[str, str]
Where: TypeAlias = Literal["start", "anywhere", "implicit"]

THINK_TAGS: Final[tuple[Tags, ...]] = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
)
"""DeepSeek, Qwen, GLM, MiniMax and most others · models told to by a prompt · Gemma · Seed-OSS · Magistral · Kimi."""

OPENERS: Final = frozenset({tag[0] for tags in THINK_TAGS for tag in tags})
"""What any of the tags begins with."""


class TagSplitter:
    """Splits one reply.

    - `anywhere`: in each text block the first pair of tags counts; one right after a backtick is a quotation.
    - `start`: only a pair that the answer begins with counts; also, a lone closing tag there is dropped (half of a pair
      whose other half a parser ate).
    - `implicit`: as `start`, but the answer begins inside, because the model's template wrote the opening tag. When no
      closing tag comes it was no thinking: the text is given once more, as text.

    No tag: the text stays text, also what came before a tag. No closing tag: what came is thinking, and the blocks
    behind it are as they were. White space around the tags is dropped, and so is an empty pair of them.
    """

    def __init__(self, tags: Iterable[Tags], provider: str, *, where: Where = "anywhere") -> None:
        self._tags = tuple(tags)
        self._where = where
        self._provider = provider
        self._keys = 0
        self._key: BlockKey = 0  # of the block that is open on our side
        self._same_keys = True  # as the upstream's, so far
        self._open: Literal["text", "thinking", "other"] | None = None
        self._in_text = False  # the upstream's open block is a text block
        self._head = PLAIN_TEXT
        self._mode: Literal["before", "inside", "after"] = "before"
        self._decided = False  # how the answer begins, where nothing else counts
        self._assumed: list[str] | None = None  # what came inside without an opening tag
        self._closing = ""
        self._held = ""
        self._previous = ""  # the character before what is held
        self.idle = False
        """Every event passes as it is from here on."""

    def __call__(self, batch: list[Event]) -> list[Event]:
        """The events for one batch."""
        if self.idle:
            return batch
        if self._where == "start" and not self._keys and not self._in_text and begins_plainly(batch):
            self.idle = True
            return batch
        out: list[Event] = []
        for event in batch:
            if self.idle:
                out.append(event)
            else:
                self._see(event, out)
        return out

    def lets_pass(self, run: DeltaRun) -> bool:
        """True where the run's events would pass as they are and change nothing."""
        return self.idle or (run.kind is not TextDelta and run.key == self._key)

    def _see(self, event: Event, out: list[Event]) -> None:
        match event:
            case TextDelta():
                self._text(event.text, out)
            case BlockStart():
                self._same_keys = self._same_keys and event.key == self._keys
                if isinstance(event.block, TextBlock):
                    self._begin_text(event.block, out)
                else:
                    if isinstance(event.block, ThinkingBlock) and self._where == "implicit":
                        self._where = "start"  # this server tells reasoning from text itself
                    self._start("other", event.block, out)
                    if isinstance(event.block, ToolUseBlock) and self._where == "start" and not self._closing:
                        self._decided, self.idle = True, self._same_keys  # it began with something else
            case BlockStop() if self._in_text:
                self._end_of_text(out)
            case BlockStop():
                self._stop(out)
            case OpaqueDelta() if self._in_text:
                self._release(out)
                self._switch("text", out)
                out.append(replace(event, key=self._key))
            case ThinkingDelta() | Signature() | ToolInputDelta() | OpaqueDelta():
                out.append(event if event.key == self._key else replace(event, key=self._key))
            case Failed():
                self._release(out)
                out.append(event)
            case _:
                out.append(event)

    def _begin_text(self, head: TextBlock, out: list[Event]) -> None:
        self._in_text, self._head, self._mode, self._previous = True, head, "before", ""
        if self._decided:
            self._switch("text", out)
            self._mode = "after"

    def _text(self, text: str, out: list[Event]) -> None:
        rest: str | None = self._held + text
        self._held = ""
        if self._mode == "before":
            rest = self._before(rest, out) if self._where == "anywhere" else self._beginning(rest, out)
            if rest is None:
                return
        if self._mode == "inside":
            at = rest.find(self._closing)
            if at < 0:
                self._emit_or_hold(rest, (self._closing,), out)
                return
            self._emit(rest[:at], out)
            self._stop(out)
            self._mode, self._assumed = "after", None
            self._decided = self._where != "anywhere"
            rest = rest[at + len(self._closing) :]
        self._emit(rest, out)

    def _before(self, text: str, out: list[Event]) -> str | None:
        """Look for the tag anywhere. What stands behind it; None when it did not come yet."""
        at, opening = self._find_opening(text)
        if at < 0:
            self._emit_or_hold(text, [tag for tag, _ in self._tags], out)
            return None
        self._emit(text[:at] if text[:at].strip() or self._open else "", out)
        self._stop(out)
        self._mode = "inside"
        return text[at + len(opening) :]

    def _beginning(self, text: str, out: list[Event]) -> str | None:
        """Decide what the answer begins with. What is left of the text to be taken; None when more must come."""
        start = text.lstrip()
        if start and start[0] not in OPENERS:
            return self._implied(start, text, out)
        for opening, closing in self._tags:
            if start.startswith(opening):
                self._mode, self._closing = "inside", closing
                return start[len(opening) :]
            if start.startswith(closing):
                self._mode, self._decided = "after", True
                return start[len(closing) :]
        if not start or any(tag.startswith(start) for pair in self._tags for tag in pair):
            self._held = text
            return None
        return self._implied(start, text, out)

    def _implied(self, start: str, text: str, out: list[Event]) -> str:
        """No tag begins the answer."""
        if self._where == "implicit":
            self._mode, self._closing, self._assumed = "inside", self._tags[0][1], []
            return start
        self._plain(out)
        return text

    def _plain(self, out: list[Event]) -> None:
        """The answer is text and nothing but text."""
        self._mode, self._decided = "after", True
        self._switch("text", out)
        self.idle = self._same_keys

    def _find_opening(self, text: str) -> tuple[int, str]:
        first, found = -1, ""
        for opening, closing in self._tags:
            at = text.find(opening)
            while at >= 0 and (text[at - 1] if at else self._previous) == "`":
                at = text.find(opening, at + 1)
            if at >= 0 and (first < 0 or at < first):
                first, found, self._closing = at, opening, closing
        return first, found

    def _emit_or_hold(self, text: str, tags: Iterable[str], out: list[Event]) -> None:
        """Emit `text` up to what may be the beginning of a tag. White space waits for what follows it at the start."""
        keep = max(_length_of_partial(text, tag) for tag in tags)
        if self._open is None and not text[: len(text) - keep].strip():
            keep = len(text)
        self._held = text[len(text) - keep :]
        self._emit(text[: len(text) - keep], out)

    def _emit(self, text: str, out: list[Event]) -> None:
        if self._mode != "before" and self._open is None:
            text = text.lstrip()
        if not text:
            return
        self._previous = text[-1]
        if self._mode == "inside":
            self._switch("thinking", out)
            out.append(ThinkingDelta(self._key, text))
            if self._assumed is not None:
                self._assumed.append(text)
        else:
            self._switch("text", out)
            out.append(TextDelta(self._key, text))

    def _release(self, out: list[Event]) -> None:
        """Give out what was held: it was no tag after all."""
        held, self._held = self._held, ""
        if held and self._mode == "before" and self._where != "anywhere":
            self._switch("text", out)
        self._emit(held, out)

    def _end_of_text(self, out: list[Event]) -> None:
        self._release(out)
        if self._assumed is not None:
            self._stop(out)
            self._mode, self._decided = "after", True
            self._emit("".join(self._assumed), out)
            self._assumed = None
        if self._mode == "before":
            self._switch("text", out)  # an empty block stays one
        self._stop(out)
        self._in_text = False

    def _switch(self, kind: Literal["text", "thinking"], out: list[Event]) -> None:
        if self._open != kind:
            self._stop(out)
            self._start(kind, self._head if kind == "text" else ThinkingBlock(), out)

    def _start(self, kind: Literal["text", "thinking", "other"], head: BlockHead, out: list[Event]) -> None:
        self._key, self._keys, self._open = self._keys, self._keys + 1, kind
        out.append(BlockStart(self._key, head))

    def _stop(self, out: list[Event]) -> None:
        if self._open == "thinking":
            out.append(Signature(self._key, seal(Envelope(self._provider, BETWEEN_TAGS))))
        if self._open is not None:
            out.append(BlockStop(self._key))
        self._open = None


def begins_plainly(batch: list[Event]) -> bool:
    """True where the answer's first block begins among these events, and it is text that begins with no tag."""
    opened = False
    for event in batch:
        if isinstance(event, BlockStart):
            opened = event.key == 0 and isinstance(event.block, TextBlock)
            if not opened:
                return False
        elif isinstance(event, TextDelta):
            start = event.text.lstrip()
            return opened and start != "" and start[0] not in OPENERS
        elif not isinstance(event, BEFORE_ANSWER):
            return False
    return False


def _length_of_partial(text: str, tag: str) -> int:
    """How many characters at the end of `text` may be the beginning of `tag`."""
    for length in range(min(len(text), len(tag) - 1), 0, -1):
        if text.endswith(tag[:length]):
            return length
    return 0


def with_tags(request: Request, opening: str, closing: str, provider: str) -> Request:
    """The request with the thinking that came out of `provider`'s text back in it, between the tags.

    Thinking of others, and what the provider sent in a field of its own, is left to the dialect.
    """
    signature = seal(Envelope(provider, BETWEEN_TAGS))

    def tagged(block: Block) -> Block:
        if isinstance(block, Thinking) and block.signature == signature:
            return Text(f"{opening}{block.text}{closing}")
        return block

    messages: list[Message] = []
    for message in request.messages:
        ours = any(isinstance(block, Thinking) and block.signature == signature for block in message.blocks)
        messages.append(replace(message, content=tuple(map(tagged, message.blocks))) if ours else message)
    return replace(request, messages=tuple(messages))
