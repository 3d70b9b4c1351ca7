"""The colours of a StatusLine config: names as of the ANSI palette, `#rgb`, `#rrggbb`, also with `bg_` before them."""

from __future__ import annotations

RESET = "\x1b[0m"

_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_SHADES = (
    (0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0), (0, 0, 128), (128, 0, 128), (0, 128, 128), (192, 192, 192),
    (128, 128, 128), (255, 0, 0), (0, 255, 0), (255, 255, 0), (0, 0, 255), (255, 0, 255), (0, 255, 255),
    (255, 255, 255),
)  # fmt: skip
_EXTRA = {"bright_orange": (255, 95, 0), "bright_purple": (175, 0, 255)}
"""CCR's own two, 202 and 129 of the 256 colours."""

Rgb = tuple[int, int, int]


def index_of(name: str) -> int | None:
    """The place of a named colour in the palette of 16: 8 on are the bright ones."""
    plain = name.removeprefix("bg_")
    bright = plain.startswith("bright_")
    plain = plain.removeprefix("bright_")
    return _NAMES.index(plain) + (8 if bright else 0) if plain in _NAMES else None


def rgb_of(name: str) -> Rgb | None:
    """A colour as red, green, blue; None for what is none."""
    index = index_of(name)
    if index is not None:
        return _SHADES[index]
    plain = name.removeprefix("bg_")
    if plain in _EXTRA:
        return _EXTRA[plain]
    digits = plain.strip().removeprefix("#")
    if len(digits) == 3:
        digits = "".join([digit * 2 for digit in digits])
    if len(digits) != 6 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
        return None
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def foreground(name: str) -> str:
    """The sequence that colours text; empty for what is no colour. Named colours are the terminal's own."""
    index = index_of(name)
    if index is not None:
        return f"\x1b[{30 + index if index < 8 else 82 + index}m"
    rgb = rgb_of(name)
    return true_foreground(rgb) if rgb is not None else ""


def background(name: str) -> str:
    """The sequence that colours what is behind the text; empty for what is no colour."""
    index = index_of(name)
    if index is not None:
        return f"\x1b[{40 + index if index < 8 else 92 + index}m"
    rgb = rgb_of(name)
    return true_background(rgb) if rgb is not None else ""


def true_foreground(rgb: Rgb) -> str:
    """24-bit colour for text."""
    return f"\x1b[38;2;{rgb[0]};{rgb[1]};{rgb[2]}m"


def true_background(rgb: Rgb) -> str:
    """24-bit colour for what is behind it."""
    return f"\x1b[48;2;{rgb[0]};{rgb[1]};{rgb[2]}m"
