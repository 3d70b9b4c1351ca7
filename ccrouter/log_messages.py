"""Log messages that are put into words late."""


class Unhurried:
    """A message whose line may be written a moment later, together with others. Only then it is put into words.

    Until then it may not come to say something else. What tells of trouble is never one: that is written at once.
    """

    __slots__ = ()
