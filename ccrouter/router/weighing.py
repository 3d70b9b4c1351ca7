"""Whether a rule's conditions hold for a request, and why or why not. Pure: time and token count are given."""

from collections.abc import Callable, Iterable

from ccrouter.config.conditions import (
    Condition,
    HasImage,
    Headers,
    Not,
    Subagent,
    Texts,
    TextTest,
    TimeOfDay,
    Tokens,
    When,
    Wildcards,
    Words,
)
from ccrouter.frozen import frozen
from ccrouter.model.request import Request
from ccrouter.router.classification import effort_of, is_subagent, tier_of, without_context_suffix
from ccrouter.router.facts import Facts
from ccrouter.router.hints import Hints
from ccrouter.router.reading import Reading

SHOWN = 60
"""Characters of a text that a reason shows."""


@frozen
class Subject:
    """What conditions are asked about."""

    request: Request
    facts: Facts
    hints: Hints
    reading: Reading
    over: Callable[[int], int | None]
    """The number of tokens if it is more than the given one, else None; counted only where that must be known."""
    counted: Callable[[], int | None]
    """The number of tokens where they were counted."""


@frozen
class Verdict:
    """Whether it holds; `why` is a part of a sentence that says so: `the effort is high`."""

    holds: bool
    why: str


def weigh(when: When, subject: Subject) -> Verdict:
    """All of them, up to the first that does not hold."""
    reasons: list[str] = []
    for condition in when:
        verdict = weigh_one(condition, subject)
        if not verdict.holds:
            return verdict
        reasons.append(verdict.why)
    return Verdict(holds=True, why=", ".join(reasons) or "it takes everything")


def weigh_one(condition: Condition, subject: Subject) -> Verdict:
    """One condition."""
    match condition:
        case Words():
            return _words(condition, subject)
        case Headers(wanted):
            return _headers(wanted, subject)
        case Subagent():
            return _subagent(condition, subject.hints)
        case HasImage(wanted):
            shows = subject.reading.shows_image
            return Verdict(shows is wanted, f"{'an' if shows else 'no'} image in the current turn")
        case Tokens():
            return _tokens(condition, subject)
        case Texts():
            return _texts(condition, subject.reading)
        case TimeOfDay():
            return _time(condition, subject.facts)
        case Not(alternatives):
            return _none_of(alternatives, subject)


def _words(condition: Words, subject: Subject) -> Verdict:
    words = tuple(_words_of(condition, subject))
    patterns = condition.patterns
    found = next((word for word in words for pattern in patterns if pattern.fits(word)), None)
    name = "tool" if condition.field == "tools" else condition.field
    if found is not None:
        return Verdict(holds=True, why=f"{name} {found}")
    wanted = _written(patterns)
    if condition.field == "tools":
        return Verdict(holds=False, why=f"no tool {wanted}")
    shown = words[0] if words else "not told"
    return Verdict(holds=False, why=f"{name} {shown}, not {wanted}")


def _words_of(condition: Words, subject: Subject) -> Iterable[str]:
    """What the request has to show for the condition's field: the word to tell first, then other spellings of it."""
    request = subject.request
    match condition.field:
        case "model":
            return dict.fromkeys((request.model, without_context_suffix(request.model)))
        case "tier":
            return _known(tier_of(request.model))
        case "effort":
            return _known(effort_of(request))
        case "class":
            return _known(subject.hints.request_class)
        case "session":
            return _known(subject.facts.session_id)
        case "tools":
            return [tool.name for tool in request.tools or ()]
        case "path":
            folder = subject.reading.working_directory
            return () if folder is None else dict.fromkeys((folder, folder.replace("\\", "/")))


def _known(word: str | None) -> tuple[str, ...]:
    return () if word is None else (word,)


def _written(patterns: Iterable[Wildcards]) -> str:
    return " or ".join(dict.fromkeys([pattern.written for pattern in patterns]))


def _headers(wanted: Iterable[tuple[str, tuple[Wildcards, ...]]], subject: Subject) -> Verdict:
    """The values are never told: some of them are keys."""
    names: list[str] = []
    for name, patterns in wanted:
        value = subject.facts.headers.get(name)
        if value is None:
            return Verdict(holds=False, why=f"no header {name}")
        if not any(pattern.fits(value) for pattern in patterns):
            return Verdict(holds=False, why=f"another value in the header {name}")
        names.append(name)
    return Verdict(holds=True, why=f"header {' and '.join(names)}")


def _subagent(condition: Subagent, hints: Hints) -> Verdict:
    if not is_subagent(hints):
        return Verdict(not condition.wanted, "not a subagent")
    kind = f" ({hints.agent_type})" if hints.agent_type else ""
    if not condition.types:
        return Verdict(condition.wanted, f"a subagent{kind}")
    fits = hints.agent_type is not None and any(pattern.fits(hints.agent_type) for pattern in condition.types)
    return Verdict(fits, f"a subagent{kind}" + ("" if fits else f", not {_written(condition.types)}"))


def _tokens(condition: Tokens, subject: Subject) -> Verdict:
    least, most = condition.least, condition.most
    if least is not None and subject.over(least - 1) is None:
        return Verdict(holds=False, why=f"{_size(subject)}, fewer than {least:,} tokens")
    if most is not None and subject.over(most) is not None:
        return Verdict(holds=False, why=f"{_size(subject)}, more than {most:,} tokens")
    bounds = [f"at least {least:,}" if least is not None else "", f"at most {most:,}" if most is not None else ""]
    return Verdict(holds=True, why=f"{_size(subject)}, {' and '.join(filter(None, bounds))} tokens")


def _size(subject: Subject) -> str:
    counted = subject.counted()
    return f"{subject.facts.body_bytes:,} bytes" if counted is None else f"{counted:,} tokens"


def _texts(condition: Texts, reading: Reading) -> Verdict:
    where = "the user's text" if condition.field == "text" else "the system prompt"
    found = next((test for test in condition.tests if _finds(test, condition, reading)), None)
    if found is not None:
        return Verdict(holds=True, why=f"{where} has {_shown(found)}")
    return Verdict(holds=False, why=f"{where} has no {' or '.join(map(_shown, condition.tests))}")


def _finds(test: TextTest, condition: Texts, reading: Reading) -> bool:
    if test.search is not None:
        return test.search(reading.user_text if condition.field == "text" else reading.system_text)
    text = reading.folded_user_text if condition.field == "text" else reading.folded_system_text
    return test.written.casefold() in text


def _shown(test: TextTest) -> str:
    text = test.written if len(test.written) <= SHOWN else f"{test.written[: SHOWN - 1]}…"
    return f"/{text}/" if test.search is not None else f"'{text}'"


def _time(condition: TimeOfDay, facts: Facts) -> Verdict:
    if facts.now is None:
        return Verdict(holds=False, why="the time is not known")
    minute = facts.now.hour * 60 + facts.now.minute
    spans = " or ".join([span.written for span in condition.spans])
    holds = any(span.holds(minute) for span in condition.spans)
    return Verdict(holds, f"it is {facts.now:%H:%M}, {'in' if holds else 'not in'} {spans}")


def _none_of(alternatives: Iterable[When], subject: Subject) -> Verdict:
    reasons: list[str] = []
    for when in alternatives:
        verdict = weigh(when, subject)
        if verdict.holds:
            return Verdict(holds=False, why=f"excluded: {verdict.why}")
        reasons.append(verdict.why)
    return Verdict(holds=True, why=", ".join(reasons))
