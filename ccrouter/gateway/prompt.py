"""The size of one request's prompt: by its bytes, or counted once somebody needs it exactly."""

from dataclasses import replace

from ccrouter.model.request import Request
from ccrouter.tokens import Calibration, PromptTokens, TokenCounter, estimate
from ccrouter.transformers.guidance import Guidance


class Prompt:
    """One request's prompt. Nothing is counted before `parts` is asked for."""

    def __init__(self, counter: TokenCounter, request: Request, body_bytes: int) -> None:
        self.counted: PromptTokens | None = None
        self.body_bytes = body_bytes
        self._counter = counter
        self._request = request

    def parts(self) -> PromptTokens:
        """The count, made at the first call."""
        if self.counted is None:
            self.counted = self._counter.parts(self._request)
        return self.counted

    def total(self) -> int:
        """The count of the whole prompt."""
        return self.parts().total

    def changed(self, request: Request) -> "Prompt":
        """The prompt of what is sent instead of what came in; counted where that was."""
        prompt = Prompt(self._counter, request, self.body_bytes)
        if self.counted is not None:
            prompt.parts()
        return prompt

    def at(self, calibration: Calibration, guidance: Guidance | None = None) -> int:
        """The best guess of what an upstream will count, with the hints that it is sent, without counting for it."""
        if self.counted is None:
            added = len(guidance.text) if guidance is not None else 0
            return calibration.scaled(estimate(self.body_bytes + added))
        return calibration.tokens(with_guidance(self.counted, guidance))


def with_guidance(prompt: PromptTokens, guidance: Guidance | None) -> PromptTokens:
    """The prompt with the hints that the router adds to it."""
    return prompt if guidance is None else replace(prompt, system=prompt.system + guidance.tokens)
