"""Finding tool calls in text while it arrives: pure, without events.

Held back is only what may be the beginning of a call, and a call that has begun. A call counts when its notation is
whole, its tool is on offer, and it does not stand in a code fence or between backticks; everything else is given out
exactly as it came.
"""

import re
from collections.abc import Iterable
from typing import Final, TypeAlias

from ccrouter.transformers.leaked_forms import Form, LeakedCall, Schemas

Piece: TypeAlias = str | LeakedCall

LONGEST_HEAD: Final = 400
"""Characters within which a call must have come to its body: until then text is held that may be none."""
LONGEST_END: Final = 40
"""Characters of the longest text that ends a call, and more."""


class LeakScanner:
    """Follows one text."""

    def __init__(self, forms: Iterable[Form], schemas: Schemas) -> None:
        """`schemas`: the tools on offer, by name."""
        self._forms = tuple(forms)
        self._schemas = schemas
        openings = {opening for form in self._forms for opening in form.openings}
        self._openings = tuple(sorted(openings, key=len, reverse=True))
        self._trails = tuple({trail for form in self._forms for trail in form.trails})
        self._marks = re.compile(rf"({'|'.join(map(re.escape, self._openings))})|`+|\n")
        self._held: str = ""
        self._after_call = False  # what is held follows a call
        self._candidates: list[_Candidate] = []
        self._fence = 0  # how many backticks opened the code block that is open
        self._span = 0  # the same of the code span in the line
        self._line_blank = True  # nothing but white space was given out of the line

    def passes(self, text: str) -> bool:
        """True when `text` is nothing but text, and so is all before it: then it needs not be fed."""
        if self._held or self._after_call or "<" in text or "`" in text:
            return False
        if "\n" in text:
            self._span = 0
            self._line_blank = not text[text.rfind("\n") :].strip()
        elif self._line_blank:
            self._line_blank = not text.strip()
        return True

    def feed(self, text: str) -> list[Piece]:
        """What is known now that `text` came: text to give out, and calls."""
        self._held += text
        return self._scan(final=False, complete=False)

    def finish(self, *, complete: bool) -> list[Piece]:
        """What is left at the end of the text. `complete`: it was not cut off there."""
        pieces = self._scan(final=True, complete=complete)
        self._after_call, self._fence, self._span, self._line_blank = False, 0, 0, True
        return pieces

    def _scan(self, *, final: bool, complete: bool) -> list[Piece]:
        pieces: list[Piece] = []
        while True:
            if self._candidates:
                waits = self._call(pieces, final=final, complete=complete)
            elif self._after_call:
                waits = self._trail(final=final)
            else:
                waits = self._text(pieces, final=final)
            if waits:
                return pieces

    def _text(self, pieces: list[Piece], *, final: bool) -> bool:
        """Give out text up to the next possible call. True when more text must come."""
        text = self._held
        keep: int | None = None
        line = 0  # where the current line begins in `text`
        for mark in self._marks.finditer(text):
            start = mark.start()
            if text[start] == "\n":
                line, self._span = mark.end(), 0
                continue
            at_line_start = (self._line_blank or line > 0) and not text[line:start].strip()
            if mark.group(1) and not self._fence and not self._span and (text[start] == "<" or at_line_start):
                self._emit(text[:start], pieces)
                self._held = rest = text[start:]
                self._candidates = [_Candidate(form) for form in self._forms if rest.startswith(form.openings)]
                return False
            if text[start] == "`":
                if not final and (mark.end() == len(text) or self._may_open(text[start:])):
                    keep = len(text) - start  # the backticks may go on
                    break
                self._code(mark.group(), at_line_start=at_line_start)
        if keep is None:
            keep = 0 if final else self._undecided(text)
        self._emit(text[: len(text) - keep], pieces)
        self._held = text[len(text) - keep :]
        return True

    def _code(self, mark: str, *, at_line_start: bool) -> None:
        """Keep count of code blocks and spans: `mark` begins with backticks."""
        run = len(mark) - len(mark.lstrip("`"))
        if self._fence:
            self._fence = 0 if run >= self._fence and at_line_start else self._fence
        elif self._span:
            self._span = 0 if run == self._span else self._span
        elif run >= 3 and at_line_start:
            self._fence = run
        else:
            self._span = run

    def _may_open(self, text: str) -> bool:
        return any(opening.startswith(text) for opening in self._openings)

    def _undecided(self, text: str) -> int:
        """How many characters at the end of `text` may be the beginning of an opening."""
        start = max(text.rfind("<"), 0)
        return len(text) - start if text and self._may_open(text[start:]) else 0

    def _call(self, pieces: list[Piece], *, final: bool, complete: bool) -> bool:
        """Take the call that may have begun. True when more text must come."""
        for candidate in self._candidates:
            found = candidate.look(self._held, self._schemas, final=final, complete=complete)
            if found is not None:
                pieces.append(found)
                self._held = self._held[candidate.end :]
                self._candidates, self._after_call = [], True
                return False
        self._candidates = [candidate for candidate in self._candidates if not candidate.dead]
        if self._candidates:
            return True
        # No call: what looked like one is text. A code block that was none of ours is one of the text's own.
        length = 1 if self._held[0] == "<" else len(self._held) - len(self._held.lstrip("`"))
        if self._held[0] == "`":
            self._code(self._held[:length], at_line_start=True)
        self._emit(self._held[:length], pieces)
        self._held = self._held[length:]
        return False

    def _trail(self, *, final: bool) -> bool:
        """Drop what belongs to the call before: white space, closing wrappers. True when more text must come."""
        held = self._held.lstrip()
        trail = next((trail for trail in self._trails if held.startswith(trail)), None)
        if trail is not None:
            self._held = held[len(trail) :]
            return False
        if not final and (not held or any(trail.startswith(held) for trail in self._trails)):
            self._held = held
            return True
        self._held, self._after_call = held, False
        return False

    def _emit(self, text: str, pieces: list[Piece]) -> None:
        if not text:
            return
        if "\n" in text:
            self._line_blank = not text[text.rfind("\n") :].strip()
        elif self._line_blank:
            self._line_blank = not text.strip()
        pieces.append(text)


class _Candidate:
    """A text that may be a call in one notation."""

    def __init__(self, form: Form) -> None:
        self.dead = False
        self.end = 0
        """Where the call ends in the text, once it was found."""
        self._form = form
        self._name = ""
        self._body = -1
        self._searched = 0

    def look(self, text: str, schemas: Schemas, *, final: bool, complete: bool) -> LeakedCall | None:
        """The call at the beginning of `text`, if it is there."""
        if self._body < 0 and not self._has_begun(text, schemas):
            self.dead = self.dead or final
            return None
        for end in self._form.ends.finditer(text, max(self._body, self._searched)):
            call = self._form.read(self._name, text[self._body : end.start()], schemas)
            if call is not None:
                self.end = end.end()
                return call
        self._searched = max(len(text) - LONGEST_END, 0)
        self.dead = final
        if final and complete and self._form.ends_itself:
            self.end = len(text)
            return self._form.read(self._name, text[self._body :], schemas)
        return None

    def _has_begun(self, text: str, schemas: Schemas) -> bool:
        found = self._form.begins.match(text)
        if found is None:
            self.dead = len(text) > LONGEST_HEAD or not self._form.begun.fullmatch(text)
            return False
        self._body, self._name = found.end(), found.groupdict().get("name") or ""
        self.dead = bool(found.groupdict()) and self._name not in schemas
        return not self.dead
