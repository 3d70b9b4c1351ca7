"""Random texts, torn at random places, continued in every way: the joined text is the whole text, letter for letter.

CCROUTER_SEAM_CASES says how many of each way; a failing seed is in the assertion.
"""

import os
import random
import time
from collections.abc import Callable

import pytest

from ccrouter.model.events import Failed, Finish
from ccrouter.pipeline.seam import Verdict, instructed, last_words, new_text, prefilled
from tests.pipeline.rescued import joined, said, text, torn, whole

CASES = int(os.environ.get("CCROUTER_SEAM_CASES", "400"))
SEED = int(os.environ.get("CCROUTER_SEED", "20261120"))

WORDS = (
    *("the", "a", "of", "harbour", "ship", "tide", "gull", "café", "naïve", "123", "4,500", "x_y", "foo()", "{}", "};"),
    *("=>", "##", "-", "*", "|", "港口", "渔船", "\U0001f469\u200d\U0001f467", "e\u0301"),
)
BLANKS = (" ", " ", " ", " ", " ", "\n", "\n\n", "\n    ", "\t", "  ", ", ", ". ")


def prose(dice: random.Random) -> str:
    """Words of a small and of an endless vocabulary, all kinds of blanks, code and signs."""
    parts: list[str] = []
    for _ in range(dice.randint(2, 120)):
        invented = "".join(dice.choices("abcdefghijklmnopqrstuvwxyzäöü0123456789", k=dice.randint(2, 12)))
        parts += [dice.choice(WORDS) if dice.random() < 0.4 else invented, dice.choice(BLANKS)]
    return dice.choice(("", "", "\n\n")) + "".join(parts).rstrip() + dice.choice(("", ".", "\n"))


def monotonous(dice: random.Random) -> str:
    """What looks the same everywhere."""
    match dice.randrange(4):
        case 0:
            return "".join(dice.choices("ab \n", k=dice.randint(2, 400)))
        case 1:
            return "".join(dice.choices("}\n ", weights=(5, 3, 2), k=dice.randint(2, 200)))
        case 2:
            return dice.choice(("0, ", "|---|\n", "ha ", "=", "    pass\n", "你好")) * dice.randint(2, 300)
        case _:
            lines = ["    assert reply.status == 200\n", "    reply = await client.get(url)\n", "\n"]
            return "".join(dice.choices(lines, k=dice.randint(2, 60)))


def cut_somewhere(dice: random.Random, made: str) -> tuple[str, str]:
    at = dice.randint(1, len(made) - 1)
    return made[:at], made[at:]


def from_start(dice: random.Random, sent: str) -> str:
    return sent


def from_last_words(dice: random.Random, sent: str) -> str:
    return sent[sent.rindex(last_words(sent)) :]


def from_further_back(dice: random.Random, sent: str) -> str:
    latest = len(sent.rstrip()) - len(last_words(sent))
    return sent[dice.randint(0, max(0, latest)) :]


def from_a_few_words(dice: random.Random, sent: str) -> str:
    """Less than it was told, but more than could be an accident, from the beginning of a word."""
    starts = [at for at in range(len(sent)) if at == 0 or (sent[at - 1].isspace() and not sent[at].isspace())]
    plain = [at for at in starts if len(sent.rstrip()) - at >= 24 and letters(sent[at:].rstrip()) * 2 >= len(sent[at:])]
    return sent[dice.choice(plain) :] if plain else from_last_words(dice, sent)


def letters(part: str) -> int:
    return sum(map(str.isalnum, part))


def nowhere(dice: random.Random, sent: str) -> str:
    """Nothing is repeated. Of a word alone ("x_y" and " x_y") nobody can tell: that is repeated after all."""
    return "" if len(sent.strip()) >= 12 else from_last_words(dice, sent)


def play(seed: str, make: Callable[[random.Random], str], repeated: Callable[[random.Random, str], str]) -> None:
    dice = random.Random(seed)
    made = make(dice)
    while len(made) < 2 or not made.strip():
        made = make(dice)
    sent, rest = cut_somewhere(dice, made)
    if not sent.strip():
        return  # nothing to begin with: the whole is asked for again, see test_blanks_alone
    again = repeated(dice, sent) + rest
    size = dice.choice((None, 1, 2, 5, 19))
    out, _ = joined(torn(sent, size), instructed(sent), whole(text(0, again, size)))
    assert isinstance(out[-1], Finish), f"seed {seed}: {sent!r} + {again!r}"
    assert said(out) == made, f"seed {seed}: {sent!r} + {again!r}"


@pytest.mark.parametrize("make", [prose, monotonous])
def test_a_model_that_does_as_told(make: Callable[[random.Random], str]) -> None:
    """Exact for every text, also for the most monotonous one."""
    print(f"CCROUTER_SEED={SEED}")
    for number in range(CASES):
        play(f"{SEED}/{make.__name__}/{number}", make, from_last_words)


@pytest.mark.parametrize("repeated", [from_start, from_further_back, from_a_few_words, nowhere])
def test_a_model_that_does_otherwise(repeated: Callable[[random.Random, str], str]) -> None:
    """Exact for texts that are not made of a few words only."""
    print(f"CCROUTER_SEED={SEED}")
    for number in range(CASES):
        play(f"{SEED}/{repeated.__name__}/{number}", prose, repeated)


@pytest.mark.parametrize("make", [prose, monotonous])
def test_a_prefilled_answer_goes_on_behind_the_last_letter(make: Callable[[random.Random], str]) -> None:
    """What happens to go on for long as it began may be taken for another answer: an error then, never a letter too
    many or too few."""
    print(f"CCROUTER_SEED={SEED}")
    refused = 0
    for number in range(CASES):
        seed = f"{SEED}/prefill/{make.__name__}/{number}"
        dice = random.Random(seed)
        sent, _ = cut_somewhere(dice, made) if len(made := make(dice)) > 1 else (made, "")
        rest = made[len(sent.rstrip()) :]
        size = dice.choice((None, 1, 3))
        out, _ = joined(torn(sent, size), prefilled(sent), whole(text(0, rest, size)))
        apart = isinstance(out[-1], Failed)
        refused += apart
        assert said(out) == (sent if apart else made), f"seed {seed}: {sent!r} + {rest!r}"
    assert refused <= (CASES // 50 if make is monotonous else 0)


def test_another_answer_is_never_doubled() -> None:
    """A random answer with the same beginning: an error, never both."""
    print(f"CCROUTER_SEED={SEED}")
    for number in range(CASES):
        seed = f"{SEED}/apart/{number}"
        dice = random.Random(seed)
        sent = "".join(dice.choices("abcdefghij klmnop", k=300)).strip()
        again = sent[: dice.randint(60, len(sent) - 1)] + "☂ but now for something else"
        out, _ = joined(torn(sent), instructed(sent), whole(text(0, again, dice.choice((None, 7)))))
        assert isinstance(out[-1], Failed), f"seed {seed}"
        assert said(out) == sent, f"seed {seed}"


@pytest.mark.parametrize("size", [None, 1])
def test_blanks_alone(size: int | None) -> None:
    """Where only blanks were sent, the whole is asked for again."""
    out, _ = joined(torn("\n\n"), prefilled("\n\n"), whole(text(0, "\n\nHello.", size)))
    assert said(out) == "\n\nHello."
    out, _ = joined(torn("\n\n"), prefilled("\n\n"), whole(text(0, "Hello.", size)))
    assert said(out) == "\n\nHello."


def test_last_words_are_found_once_and_begin_with_a_word() -> None:
    for number in range(CASES):
        dice = random.Random(f"{SEED}/words/{number}")
        sent = prose(dice)
        core, words = sent.rstrip(), last_words(sent)
        assert core.endswith(words)
        assert core.count(words) == 1
        assert not words[0].isspace()
        assert len(words) >= min(60, len(core.strip()))
        assert len(words) <= 220


def test_last_words_of_what_repeats_itself_are_bounded() -> None:
    assert 2000 <= len(last_words("ha " * 5000)) <= 2080


def test_it_waits_only_while_it_must() -> None:
    sent = "A first sentence of some length, and a second, and so on until the very end of it, which is her"
    assert new_text(instructed(sent), "e. And", complete=False) == 0
    assert new_text(instructed(sent), "", complete=False) is Verdict.WAIT
    assert new_text(instructed(sent), last_words(sent)[:9], complete=False) is Verdict.WAIT
    assert new_text(instructed(sent), last_words(sent), complete=False) == len(last_words(sent))
    assert new_text(prefilled(sent), "e", complete=False) == 0


def test_a_long_text_is_judged_quickly() -> None:
    dice = random.Random(SEED)
    sent = " ".join(str(dice.random()) for _ in range(10_000))
    begun = time.process_time()
    assert new_text(instructed(sent), sent + " the end", complete=False) == len(sent)
    assert new_text(instructed(sent), sent[1000:] + " the end", complete=False) == len(sent) - 1000
    assert new_text(instructed(sent), sent[1000:-1000] + "☂", complete=False) is Verdict.APART
    assert time.process_time() - begun < 2
