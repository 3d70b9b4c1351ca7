"""The image agent's rounds: a model that sees nothing looks at images through a tool that the router answers.

What the model says is passed on as it comes. Its looks are done when its answer has ended, and stand as a thinking
block in the message (`image_agent.py`); then it goes on in the same message. Calls of the client's own tools wait
until then: a look may come behind them. Where there are both, the looks come first and the client's calls end the
message; the model reads the answers of both in the next request.

A look's block waits for what the model says next. Until something has gone out another target may take over.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ccrouter.model.blocks import Block, Thinking
from ccrouter.model.events import (
    BlockStart,
    BlockStop,
    Event,
    Finish,
    Signature,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
)
from ccrouter.model.request import Message, Request
from ccrouter.pipeline.image_agent import (
    Look,
    Seen,
    as_told,
    images_of,
    look_block,
    read_call,
    tool_name,
    with_tool,
)
from ccrouter.pipeline.rounds import GOES_ON, Blocks, Rounds, later_choice, parsed

MOST_LOOKS: Final = 16
"""In one message: each may be a request to the image model."""
MOST_ROUNDS: Final = 10
ENOUGH: Final = "No more looks are allowed in this answer. Go on with what you know."


class LookRounds(Rounds):
    """`request` is what to send next, `looks` wait to be `answer`ed once a round has ended."""

    def __init__(self, request: Request, *, most_looks: int = MOST_LOOKS, most_rounds: int = MOST_ROUNDS) -> None:
        """`request` as the client sent it."""
        self.images = images_of(request.messages)
        """By id."""
        self.looks: tuple[Look, ...] = ()
        self._name = tool_name(request)
        self._history = as_told(request.messages, self._name)
        super().__init__(replace(with_tool(request, self._name), messages=self._history))
        self._most_looks = most_looks
        self._most_rounds = most_rounds
        self._done = 0
        self._rounds = 0
        self._said: list[Block] = []
        self._waiting: list[Thinking] = []
        self._begin_round()

    def _begin_round(self) -> None:
        self._blocks = Blocks()
        self._head: BlockStart | None = None
        self._input: list[str] | None = None
        self._found: list[Look] = []
        self._held: list[Event] = []
        self._holding = False
        self._finish: Finish | None = None

    def _content(self, event: Event, out: list[Event]) -> None:
        if isinstance(event, BlockStart):
            self._head = event
            block = event.block
            if isinstance(block, ToolUseBlock):
                if block.name == self._name:
                    self._input = []
                else:
                    self._holding = True
        if self._input is None:
            if self._holding:
                self._held.append(event)
            else:
                self._blocks.see(event, self._head)
                self._tell_looks(out)
                out.append(self._with_own_key(event))
        elif isinstance(event, ToolInputDelta):
            self._input.append(event.json)
        elif isinstance(event, BlockStop):
            self._asked_for("".join(self._input))

    def _asked_for(self, text: str) -> None:
        """The model has called the tool: all of its call is known now."""
        assert self._head is not None
        assert isinstance(self._head.block, ToolUseBlock)
        self._input = None
        look = read_call(self._head.block.id, parsed(text), tuple(self.images))
        if look.error is None:
            self._done += 1
            if self._done > self._most_looks:
                look = replace(look, error=ENOUGH)
        self._found.append(look)

    def _end(self, finish: Finish, out: list[Event]) -> None:
        if self._found and finish.stop_reason in GOES_ON:
            self._finish = finish
            self.looks = tuple(self._found)
        else:
            self._close(finish, out)

    def _close(self, finish: Finish, out: list[Event]) -> None:
        self.over = True
        self._tell_looks(out)
        out += [self._with_own_key(event) for event in self._held]
        out.append(finish)

    def _tell_looks(self, out: list[Event]) -> None:
        for block in self._waiting:
            key = self._take_key()
            assert block.signature is not None
            out += [BlockStart(key, ThinkingBlock()), ThinkingDelta(key, block.text)]
            out += [Signature(key, block.signature), BlockStop(key)]
        self._waiting = []

    def answer(self, seen: Sequence[Seen]) -> list[Event]:
        """What the client gets once all `looks` were done; then the message is `over`, or `request` goes on."""
        finish = self._finish
        assert finish is not None, "the round has not ended"
        out: list[Event] = []
        block = look_block(list(zip(self.looks, seen, strict=True)), beside=bool(self._held))
        self._waiting.append(block)
        if self._held:
            self._close(finish, out)
        elif self._rounds >= self._most_rounds:
            self._close(Finish("end_turn"), out)
        else:
            self._said += [*self._blocks.blocks, block]
            self._next_round()
        return out

    def _next_round(self) -> None:
        told = as_told((Message("assistant", tuple(self._said)),), self._name)
        self._rounds += 1
        # The last round is for a model that asks for more all the same and was told.
        enough = self._done > self._most_looks or self._rounds >= self._most_rounds
        choice = later_choice(self.request.tool_choice, enough=enough)
        self.request = replace(self.request, messages=(*self._history, *told), tool_choice=choice)
        self.looks = ()
        self._next_usage()
        self._begin_round()
