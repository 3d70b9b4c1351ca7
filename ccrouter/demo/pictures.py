"""Pictures: one made for the demo, and the size of any that arrives."""

import base64
import binascii
import struct
import zlib

from ccrouter.frozen import frozen

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@frozen
class Picture:
    """A picture as it came in a request."""

    media_type: str
    data: bytes

    def __str__(self) -> str:
        """`PNG, 96 × 64 pixels, 0.2 KB`; without the pixels where the format is not known here."""
        size = pixels(self.data)
        kind = self.media_type.rpartition("/")[2].upper()
        measured = f"{size[0]} × {size[1]} pixels, " if size else ""
        return f"{kind}, {measured}{len(self.data) / 1024:.1f} KB"


def picture_of_base64(media_type: str, text: str) -> Picture | None:
    """A picture from its base64 text, None where that is no base64."""
    try:
        return Picture(media_type, base64.b64decode(text, validate=True))
    except binascii.Error:
        return None


def picture_of_data_url(url: str) -> Picture | None:
    """A picture from `data:image/png;base64,…`, None for any other URL (nothing is fetched)."""
    head, comma, text = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        return None
    return picture_of_base64(head.removeprefix("data:").removesuffix(";base64"), text)


def pixels(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF or JPEG, None where it is none of them."""
    if data.startswith(PNG_SIGNATURE) and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data[:6] in {b"GIF87a", b"GIF89a"} and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return width, height
    return _jpeg_pixels(data) if data.startswith(b"\xff\xd8") else None


def _jpeg_pixels(data: bytes) -> tuple[int, int] | None:
    """Walk the segments to the first start-of-frame, whose payload is precision, height, width (ITU-T T.81, B.2.2)."""
    position = 2
    while position + 9 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            return width, height
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return None


def gradient(width: int, height: int) -> bytes:
    """A PNG of `width` × `height` pixels, 8-bit RGB, with a gradient on it."""
    rows = b"".join(
        b"\x00" + b"".join(bytes((255 * x // width, 255 * y // height, 128)) for x in range(width))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return PNG_SIGNATURE + _part(b"IHDR", header) + _part(b"IDAT", zlib.compress(rows, 9)) + _part(b"IEND", b"")


def _part(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
