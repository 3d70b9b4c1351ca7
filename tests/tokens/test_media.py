"""Image sizes from file headers (PNG 1.2, GIF89a, RFC 9649, JPEG T.81), and what they cost."""

import base64
import struct
import zlib

import pytest

from ccrouter.tokens.media import document_tokens, image_size, image_tokens


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0" * 40


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0" * 40


def jpeg(width: int, height: int, preview: int = 0) -> bytes:
    app1 = b"\xff\xe1" + struct.pack(">H", preview + 2) + b"\x11" * preview if preview else b""
    tables = b"\xff\xdb" + struct.pack(">H", 67) + b"\x01" * 65 + b"\xff\xc4" + struct.pack(">H", 4) + b"\0\0"
    frame = b"\xff\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\0" * 9
    return b"\xff\xd8" + app1 + tables + frame + b"\0" * 20


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 100) + b"WEBP" + kind + struct.pack("<I", 50) + body + b"\0" * 40


@pytest.mark.parametrize(
    ("data", "size"),
    [
        pytest.param(png(640, 480), (640, 480), id="png"),
        pytest.param(gif(640, 480), (640, 480), id="gif"),
        pytest.param(jpeg(640, 480), (640, 480), id="jpeg"),
        pytest.param(jpeg(640, 480, preview=30_000), (640, 480), id="jpeg with preview"),
        pytest.param(jpeg(640, 480, preview=65_000), None, id="jpeg whose size is too far in"),
        pytest.param(
            webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 640 | 0x4000, 480)), (640, 480), id="webp lossy"
        ),
        pytest.param(webp(b"VP8L", b"\x2f" + struct.pack("<I", 639 | 479 << 14)), (640, 480), id="webp lossless"),
        pytest.param(
            webp(b"VP8X", b"\0\0\0\0" + (639).to_bytes(3, "little") + (479).to_bytes(3, "little")),
            (640, 480),
            id="webp extended",
        ),
        pytest.param(webp(b"XXXX", b""), None, id="webp unknown"),
        pytest.param(png(0, 480), None, id="no width"),
        pytest.param(b"BM" + b"\0" * 60, None, id="another format"),
        pytest.param(b"\x89PNG\r\n\x1a\n", None, id="png cut short"),
        pytest.param(b"\xff\xd8\x00\x00" + b"\0" * 60, None, id="jpeg without markers"),
        pytest.param(b"", None, id="empty"),
    ],
)
def test_size_is_read_from_the_header(data: bytes, size: tuple[int, int] | None):
    assert image_size(encoded(data)) == size


@pytest.mark.parametrize("data", ["é" * 100, "\ud800" * 10, "!!!!", "A"])
def test_what_is_not_base64_has_no_size(data: str):
    assert image_size(data) is None


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [
        (200, 200, 53),  # docs.anthropic.com, Vision: about 54 (40,000 / 750 = 53.3)
        (1000, 1000, 1_333),  # 1,334 there
        (1092, 1092, 1_590),  # 1,590 there
        (4000, 3000, 1_600),  # shrunk to at most 1,600
        (3136, 100, 105),  # the long edge to 1,568: 1,568 x 50 / 750
        (1, 1, 1),
    ],
)
def test_images_cost_their_area(width: int, height: int, tokens: int):
    assert image_tokens({"type": "base64", "data": encoded(png(width, height))}) == tokens


def test_unknown_sizes_cost_the_most():
    assert image_tokens({"type": "url", "url": "https://example.com/a.png"}) == 1_600


def test_documents_cost_by_size():
    assert document_tokens({"type": "base64", "data": "A" * 100}) == 3_000
    assert document_tokens({"type": "base64", "data": "A" * 1_000_000}) == 7 * 3_000
    assert document_tokens({"type": "base64", "data": "A" * 30_000_000}) == 100 * 3_000
