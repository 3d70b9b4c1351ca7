"""What a provider's own counts teach about ours. Pure.

No tokenizer of ours is the upstream's, images cost whatever each vendor likes, and some put a prompt of their own
before the client's. So for each provider and model three numbers are learned from the `usage` of its answers:

    true prompt = text x `text` + media x `media` + `overhead`

with the text and media tokens that `tokens/counter.py` counts. One usage is one equation for three unknowns: the error
is shared out by how uncertain each still is and how much of the prompt it stands for (a Kalman filter). A long prompt
without images so teaches the text factor and nothing else, a short one mostly the overhead, an image the media factor.
docs/decisions/0013-token-counts.md has the measurements.
"""

from math import isfinite, sqrt
from typing import Final, TypeAlias

from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object
from ccrouter.tokens.counter import PromptTokens

Vector: TypeAlias = tuple[float, float, float]
"""Of text, media and overhead."""
Matrix: TypeAlias = tuple[Vector, Vector, Vector]

LEAST_TOKENS: Final = 64
"""Prompts that are smaller, by either count, teach nothing."""

BOUNDS: Final = ((0.4, 3.0), (0.0, 30.0), (-500.0, 6_000.0))
"""Text: measured 0.64 (Russian by `o200k_base`) to 1.1 (code by an old Claude). Media: a text model drops images,
`gpt-4o-mini` takes 25,501 tokens for a picture that Claude looks at for 1,333. Overhead: Anthropic puts 300 to 500
tokens before the tools, Groq's compound models 5,000."""

PRIOR: Final[Vector] = (0.2, 2.5, 250.0)
"""Standard deviations before the first answer."""
DRIFT: Final[Vector] = (0.02, 0.1, 40.0)
"""How far each may have moved from one answer to the next: conversations change from English to code to Chinese."""
NOISE: Final = (0.01, 24.0)
"""What no factor explains: a share of the prompt, and some tokens."""
SURPRISE: Final = 4.0
"""Beyond so many standard deviations one answer counts for less, so that a single odd usage moves little."""
MEDIA_SURPRISE: Final = 20.0
"""The same for the media alone: vendors' prices of a picture are apart by much more than their tokenizers."""

YOUNG: Final = 6
SAMPLE: Final = 16
"""A prompt whose size the route did not depend on is counted to learn from it for the first `YOUNG` answers, after that
each `SAMPLE`th time: counting is not free."""


@frozen
class Calibration:
    """What is known of one provider's model. The default knows nothing: it takes our count for the truth."""

    factors: Vector = (1.0, 1.0, 0.0)
    spread: Matrix = ((PRIOR[0] ** 2, 0.0, 0.0), (0.0, PRIOR[1] ** 2, 0.0), (0.0, 0.0, PRIOR[2] ** 2))
    """Covariance of the factors."""
    answers: int = 0
    """How many usages it was learned from."""
    seen: int = 0
    """How many answers there were, counted or not."""

    def tokens(self, prompt: PromptTokens) -> int:
        """The tokens that the upstream itself would count; 0 for an empty prompt."""
        if prompt.total == 0:
            return 0
        return max(1, round(_dot(self.factors, _parts(prompt))))

    def scaled(self, tokens: int) -> int:
        """The same for a mere estimate, of which no parts are known: all of it is taken for text."""
        return max(1, round(self.factors[0] * tokens + self.factors[2])) if tokens else 0

    @property
    def wants_count(self) -> bool:
        """Whether the next answer is worth counting its prompt for."""
        return self.answers < YOUNG or self.seen % SAMPLE == 0


UNKNOWN: Final = Calibration()


def passed(calibration: Calibration) -> Calibration:
    """After an answer that nothing was learned from."""
    return Calibration(calibration.factors, calibration.spread, calibration.answers, calibration.seen + 1)


def learned(calibration: Calibration, prompt: PromptTokens, true: int) -> Calibration:
    """With what an answer told: `prompt` was `true` tokens to the upstream. Nonsense teaches nothing."""
    if not _plausible(prompt, true):
        return passed(calibration)
    parts = _parts(prompt)
    spread = _with_drift(calibration.spread)
    pulled = _times(spread, parts)
    noise = (NOISE[0] * true) ** 2 + NOISE[1] ** 2
    error = true - _dot(calibration.factors, parts)
    expected = _dot(parts, pulled) + noise
    unsurprising = SURPRISE**2 * expected + MEDIA_SURPRISE**2 * spread[1][1] * prompt.media**2
    if error**2 > unsurprising:
        expected *= error**2 / unsurprising
    gain: Vector = (pulled[0] / expected, pulled[1] / expected, pulled[2] / expected)
    return Calibration(
        factors=_bounded(tuple(factor + by * error for factor, by in zip(calibration.factors, gain, strict=True))),
        spread=_less(spread, gain, pulled),
        answers=calibration.answers + 1,
        seen=calibration.seen + 1,
    )


def _plausible(prompt: PromptTokens, true: int) -> bool:
    """Whether `true` can be the size of this prompt at all: not a zero, the uncached rest alone, or a sum of rounds."""
    if min(prompt.total, true) < LEAST_TOKENS:
        return False
    (least_text, most_text), (least_media, most_media), (_, most_overhead) = BOUNDS
    least = prompt.text * least_text + prompt.media * least_media
    return least <= true <= prompt.text * most_text + prompt.media * most_media + most_overhead


def _parts(prompt: PromptTokens) -> Vector:
    return (prompt.text, prompt.media, 1.0)


def _dot(one: Vector, other: Vector) -> float:
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def _times(matrix: Matrix, vector: Vector) -> Vector:
    return (_dot(matrix[0], vector), _dot(matrix[1], vector), _dot(matrix[2], vector))


def _matrix(rows: list[list[float]]) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = rows
    return ((a, b, c), (d, e, f), (g, h, i))


def _with_drift(spread: Matrix) -> Matrix:
    """Less certain than after the last answer, but never less than before the first."""
    grown = [sqrt(min(1.0, PRIOR[at] ** 2 / (spread[at][at] + DRIFT[at] ** 2))) for at in range(3)]
    rows = [[spread[row][at] + (DRIFT[at] ** 2 if row == at else 0.0) for at in range(3)] for row in range(3)]
    return _matrix([[rows[row][at] * grown[row] * grown[at] for at in range(3)] for row in range(3)])


def _less(spread: Matrix, gain: Vector, pulled: Vector) -> Matrix:
    return _matrix([[spread[row][at] - gain[row] * pulled[at] for at in range(3)] for row in range(3)])


def _bounded(factors: tuple[float, ...]) -> Vector:
    text, media, overhead = [min(max(factor, low), high) for factor, (low, high) in zip(factors, BOUNDS, strict=True)]
    return (text, media, overhead)


def to_json(calibration: Calibration) -> JsonObject:
    """The calibration as it is kept on disk."""
    return {
        "factors": [round(factor, 6) for factor in calibration.factors],
        "spread": [[round(cell, 9) for cell in row] for row in calibration.spread],
        "answers": calibration.answers,
    }


def from_json(value: Json) -> Calibration:
    """The calibration from disk; one that is not as `to_json` wrote it is forgotten."""
    fields = as_object(value) or {}
    factors, answers = _numbers(fields.get("factors")), as_int(fields.get("answers"))
    rows = [_numbers(row) for row in as_list(fields.get("spread")) or ()]
    if factors is None or answers is None or answers < 1 or len(rows) != 3:
        return UNKNOWN
    first, second, third = rows
    if first is None or second is None or third is None or min(first[0], second[1], third[2]) < 0:
        return UNKNOWN
    return Calibration(_bounded(factors), (first, second, third), answers, seen=answers)


def _numbers(value: Json) -> Vector | None:
    found = [float(item) for item in as_list(value) or () if isinstance(item, int | float) and isfinite(item)]
    return (found[0], found[1], found[2]) if len(found) == 3 else None
