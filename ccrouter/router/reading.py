"""What a request says in its texts, each read when it is first asked for and kept for the rest of the decision."""

from functools import cached_property
from typing import Final

from ccrouter.model.blocks import Text
from ccrouter.model.request import Message, Request
from ccrouter.router.classification import current_turn, has_image, has_tool_result
from ccrouter.router.working_directory import working_directory

REMINDER_OPENING: Final = "<system-reminder>"
REMINDER_CLOSING: Final = "</system-reminder>"


class Reading:
    """The texts and traits of one request. Not to be kept: it is for one decision."""

    def __init__(self, request: Request) -> None:
        self._request = request

    @cached_property
    def user_text(self) -> str:
        """What the user said last, without the client's reminders; "" where no user message has words of its own.

        A tool's result is not the user's word: in a tool loop it is the text that began the turn.
        """
        for message in reversed(self._request.messages):
            if message.role == "user" and not has_tool_result(message) and (text := own_text(message)):
                return text
        return ""

    @cached_property
    def system_text(self) -> str:
        """The system prompt, its blocks joined by line ends."""
        return "\n".join([block.text for block in self._request.system_blocks if isinstance(block, Text)])

    @cached_property
    def folded_user_text(self) -> str:
        """`user_text` for comparisons in any case."""
        return self.user_text.casefold()

    @cached_property
    def folded_system_text(self) -> str:
        """`system_text` for comparisons in any case."""
        return self.system_text.casefold()

    @cached_property
    def working_directory(self) -> str | None:
        """The folder that the client works in, where its system prompt or a system message tells it."""
        return working_directory(self._request)

    @cached_property
    def shows_image(self) -> bool:
        """An image in the current turn, also in a tool's result."""
        return has_image(current_turn(self._request.messages))


def own_text(message: Message) -> str:
    """The message's texts, joined by line ends, without the reminders that Claude Code puts among them."""
    texts = [without_reminders(block.text).strip() for block in message.blocks if isinstance(block, Text)]
    return "\n".join([text for text in texts if text])


def without_reminders(text: str) -> str:
    """`text` without `<system-reminder>…</system-reminder>`; one that is not closed stays."""
    kept: list[str] = []
    at = 0
    while (begin := text.find(REMINDER_OPENING, at)) != -1:
        end = text.find(REMINDER_CLOSING, begin)
        if end == -1:
            break
        kept.append(text[at:begin])
        at = end + len(REMINDER_CLOSING)
    kept.append(text[at:])
    return "".join(kept)
