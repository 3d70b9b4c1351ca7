"""Picture sizes, from headers written here by their specifications."""

import struct
import zlib

import pytest

from ccrouter.demo.pictures import Picture, gradient, picture_of_base64, picture_of_data_url, pixels

GIF = b"GIF89a" + struct.pack("<HH", 300, 2) + b"\x00" * 10
JPEG = (
    b"\xff\xd8"
    + b"\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 9
    + b"\xff\xc4\x00\x04\x00\x00"
    + b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 480, 640) + b"\x03" + b"\x00" * 9
)  # fmt: skip


@pytest.mark.parametrize(
    ("data", "size"), [(gradient(96, 64), (96, 64)), (GIF, (300, 2)), (JPEG, (640, 480)), (b"BM", None), (b"", None)]
)
def test_pixels(data: bytes, size: tuple[int, int] | None):
    assert pixels(data) == size


def test_the_gradient_is_a_whole_png():
    data = gradient(5, 3)
    position, kinds, image = 8, [], b""
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        body = data[position + 8 : position + 8 + length]
        assert zlib.crc32(kind + body) == int.from_bytes(data[position + 8 + length : position + 12 + length], "big")
        kinds.append(kind)
        image += body if kind == b"IDAT" else b""
        position += 12 + length
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]
    assert len(zlib.decompress(image)) == 3 * (1 + 5 * 3)


def test_says_type_and_size():
    assert str(Picture("image/png", gradient(96, 64))).startswith("PNG, 96 × 64 pixels, ")
    assert str(Picture("image/webp", b"x" * 2048)) == "WEBP, 2.0 KB"


def test_what_is_no_picture():
    assert picture_of_base64("image/png", "!!") is None
    assert picture_of_data_url("http://127.0.0.1/a.png") is None
