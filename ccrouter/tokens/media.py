"""What images and documents cost. Facts: docs.anthropic.com, "Vision" and "PDF support"."""

import base64
import binascii
import struct

from ccrouter.model.json import JsonObject, as_str

UNKNOWN_IMAGE_TOKENS = 1_600
"""An image whose size cannot be told. Also the most an image costs: Anthropic shrinks larger ones before it looks."""

LONGEST_EDGE = 1_568
PIXELS_PER_TOKEN = 750

DOCUMENT_PAGE_TOKENS = 3_000
"""A PDF page: 1,500 to 3,000 tokens of text and layout, and the page as an image."""
DOCUMENT_PAGE_BYTES = 100_000
DOCUMENT_MAX_PAGES = 100

HEADER_CHARACTERS = 65_536
"""How much base64 is decoded at most to find a JPEG's size, which may stand behind a camera's embedded preview."""

SMALL_HEADER_CHARACTERS = 64

# JPEG start-of-frame markers: C0 to CF without C4 (Huffman tables), C8 (reserved) and CC (arithmetic conditioning).
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# JPEG markers without a length: TEM, RST0 to RST7, start and end of image.
JPEG_BARE = frozenset({0x01, *range(0xD0, 0xDA)})


def image_tokens(source: JsonObject) -> int:
    """Tokens of an image: its area after shrinking, over 750; 1,600 where the size is not told."""
    data = as_str(source.get("data"))
    size = image_size(data) if data else None
    if size is None:
        return UNKNOWN_IMAGE_TOKENS
    width, height = size
    shrink = min(1.0, LONGEST_EDGE / max(width, height))
    tokens = round(width * shrink * height * shrink / PIXELS_PER_TOKEN)
    return max(1, min(tokens, UNKNOWN_IMAGE_TOKENS))


def document_tokens(source: JsonObject) -> int:
    """Tokens of a document that is not text, by its size: about a page for each 100 KB; one page where unknown."""
    data = as_str(source.get("data")) or ""
    pages = min(max(1, len(data) * 3 // 4 // DOCUMENT_PAGE_BYTES), DOCUMENT_MAX_PAGES)
    return pages * DOCUMENT_PAGE_TOKENS


def image_size(data: str) -> tuple[int, int] | None:
    """Width and height from the header of a base64 PNG, GIF, WebP or JPEG; None where it is neither or damaged."""
    head = _decode(data, SMALL_HEADER_CHARACTERS)
    try:
        size = _jpeg_size(_decode(data, HEADER_CHARACTERS)) if head.startswith(b"\xff\xd8") else _size_of(head)
    except (struct.error, IndexError):
        return None
    return size if size is not None and min(size) > 0 else None


def _decode(data: str, characters: int) -> bytes:
    """The bytes of the first `characters` (a multiple of 4) of a base64 text; nothing when it is not base64."""
    head = data[:characters]
    try:
        return base64.b64decode(head[: len(head) // 4 * 4])
    except (binascii.Error, ValueError):
        return b""


def _size_of(head: bytes) -> tuple[int, int] | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        width, height = struct.unpack_from(">II", head, 16)
    elif head.startswith((b"GIF87a", b"GIF89a")):
        width, height = struct.unpack_from("<HH", head, 6)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp_size(head)
    else:
        return None
    return int(width), int(height)


def _webp_size(head: bytes) -> tuple[int, int] | None:
    """RFC 9649: the three kinds of first chunk."""
    match head[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", head, 26)
            return int(width) & 0x3FFF, int(height) & 0x3FFF
        case b"VP8L":
            bits = int(struct.unpack_from("<I", head, 21)[0])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
        case _:
            return None


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    """From marker to marker up to the start of the frame."""
    at = 2
    while at + 9 <= len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return int(width), int(height)
        elif marker in JPEG_BARE:
            at += 2
        else:
            at += 2 + int(struct.unpack_from(">H", head, at + 2)[0])
    return None
