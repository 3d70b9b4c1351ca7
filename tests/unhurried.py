"""A log message that can wait, for tests."""

from ccrouter.log_messages import Unhurried


class Said(Unhurried):
    """Says its text."""

    logger = "ccrouter.test.unhurried"

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def __str__(self) -> str:
        return self.text
