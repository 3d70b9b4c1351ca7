"""What goes wrong with streams on their way: frames lost, doubled, swapped, cut, and bits flipped."""

import random
from collections.abc import Callable

Mutation = Callable[[list[bytes], random.Random], list[bytes]]


def dropped(frames: list[bytes], chance: random.Random) -> list[bytes]:
    at = chance.randrange(len(frames))
    return frames[:at] + frames[at + 1 :]


def doubled(frames: list[bytes], chance: random.Random) -> list[bytes]:
    at = chance.randrange(len(frames))
    return [*frames[: at + 1], *frames[at:]]


def swapped(frames: list[bytes], chance: random.Random) -> list[bytes]:
    one, two = chance.randrange(len(frames)), chance.randrange(len(frames))
    changed = list(frames)
    changed[one], changed[two] = changed[two], changed[one]
    return changed


def cut_off(frames: list[bytes], chance: random.Random) -> list[bytes]:
    return frames[: chance.randrange(len(frames) + 1)]


def cut_inside(frames: list[bytes], chance: random.Random) -> list[bytes]:
    at = chance.randrange(len(frames))
    kept = frames[at][: chance.randrange(len(frames[at]) + 1)]
    return [*frames[:at], kept, *frames[at + 1 :]]


def bits_flipped(frames: list[bytes], chance: random.Random) -> list[bytes]:
    at = chance.randrange(len(frames))
    frame = bytearray(frames[at])
    for _ in range(chance.randrange(1, 4)):
        if frame:
            frame[chance.randrange(len(frame))] ^= 1 << chance.randrange(8)
    return [*frames[:at], bytes(frame), *frames[at + 1 :]]


def value_replaced(frames: list[bytes], chance: random.Random) -> list[bytes]:
    """A JSON value of another type where a string, number or brace was."""
    at = chance.randrange(len(frames))
    frame = frames[at]
    found = [position for position, byte in enumerate(frame) if byte in b'"{[0123456789']
    if not found:
        return frames
    position = chance.choice(found)
    other = chance.choice([b"null", b"[]", b"{}", b"7", b'"x"', b"true", b"-1.5e400", b'"\\ud800"'])
    return [*frames[:at], frame[:position] + other + frame[position + 1 :], *frames[at + 1 :]]


def mixed(frames: list[bytes], chance: random.Random) -> list[bytes]:
    changed = list(frames)
    chance.shuffle(changed)
    return changed


MUTATIONS: tuple[Mutation, ...] = (
    dropped,
    doubled,
    swapped,
    cut_off,
    cut_inside,
    bits_flipped,
    value_replaced,
    mixed,
)


def mutated(frames: list[bytes], chance: random.Random) -> list[bytes]:
    """`frames` after one to four mutations."""
    for _ in range(chance.randrange(1, 5)):
        if frames:
            frames = chance.choice(MUTATIONS)(frames, chance)
    return frames
