"""The size of one request's prompt: by its bytes, or counted once somebody needs it exactly."""

from ccrouter.model.request import Request
from ccrouter.tokens import Calibration, PromptTokens, TokenCounter, estimate


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

    def changed(self, request: Request) -> "Prompt":
        """The prompt of what is sent instead of what came in; counted where that was."""
        prompt = Prompt(self._counter, request, self.body_bytes)
        if self.counted is not None:
            prompt.parts()
        return prompt

    def at(self, calibration: Calibration) -> int:
        """The best guess of what an upstream will count, without counting for it."""
        if self.counted is None:
            return calibration.scaled(estimate(self.body_bytes))
        return calibration.tokens(self.counted)
