"""Frames from bytes, however the bytes were cut, ended and decorated."""

import random

import pytest

from ccrouter.sse import Frame, FrameSplitter, FrameTooLargeError, RelaySplitter


def split(body: bytes, step: int) -> list[Frame]:
    splitter = FrameSplitter()
    frames: list[Frame] = []
    for start in range(0, len(body), step):
        frames += splitter.feed(body[start : start + step])
    return frames + splitter.flush()


CASES = [
    pytest.param(b"data: one\n\ndata: two\n\n", [Frame(None, b"one"), Frame(None, b"two")], id="plain"),
    pytest.param(b"data:one\n\n", [Frame(None, b"one")], id="no space after the colon"),
    pytest.param(b"data:  one\n\n", [Frame(None, b" one")], id="only one space is taken off"),
    pytest.param(b"event: x\ndata: one\n\n", [Frame("x", b"one")], id="named"),
    pytest.param(b"data: one\r\n\r\ndata: two\r\n\r\n", [Frame(None, b"one"), Frame(None, b"two")], id="CRLF"),
    pytest.param(b"data: one\n\r\ndata: two\r\n\n", [Frame(None, b"one"), Frame(None, b"two")], id="mixed line ends"),
    pytest.param(b"data: one\r\rdata: two\r\r", [Frame(None, b"one"), Frame(None, b"two")], id="CR alone"),
    pytest.param(b": keep-alive\n\ndata: one\n\n", [Frame(None, b"one")], id="comment frame"),
    pytest.param(b": busy\ndata: one\n\n", [Frame(None, b"one")], id="comment in a frame"),
    pytest.param(b"data: one\ndata: two\n\n", [Frame(None, b"one\ntwo")], id="two data lines"),
    pytest.param(b"id: 7\nretry: 10\ndata: one\n\n", [Frame(None, b"one")], id="fields nobody needs"),
    pytest.param(b"event: x\n\ndata: one\n\n", [Frame(None, b"one")], id="an event without data is no frame"),
    pytest.param(b"\xef\xbb\xbfdata: one\n\n", [Frame(None, b"one")], id="byte order mark"),
    pytest.param(b"data: one\n\ndata: two", [Frame(None, b"one"), Frame(None, b"two")], id="no blank line at the end"),
    pytest.param(
        b"data: one\n\ndata: two\r\n", [Frame(None, b"one"), Frame(None, b"two")], id="one line end at the end"
    ),
    pytest.param("data: wörld 🍓\n\n".encode(), [Frame(None, "wörld 🍓".encode())], id="UTF-8"),
    pytest.param(b"", [], id="nothing"),
]


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
@pytest.mark.parametrize(("body", "frames"), CASES)
def test_frames_do_not_depend_on_the_cut(body: bytes, frames: list[Frame], step: int) -> None:
    assert split(body, step) == frames


@pytest.mark.parametrize(("body", "frames"), CASES)
def test_relay_hands_out_the_same_frames_and_every_byte(body: bytes, frames: list[Frame]) -> None:
    for step in (1, 3, 1000):
        splitter = RelaySplitter()
        raw, found = b"", list[Frame]()
        for start in range(0, len(body), step):
            part, more = splitter.feed(body[start : start + step])
            raw, found = raw + part, found + more
        part, more = splitter.flush()
        raw, found = raw + part, found + more
        if not body.startswith(b"\xef\xbb\xbf"):
            assert found == frames
        assert raw == body or raw == body.rstrip(b"\r\n") + b"\n\n"


def test_relay_never_lets_half_a_frame_out() -> None:
    splitter = RelaySplitter()
    raw, frames = splitter.feed(b"data: one\n\ndata: tw")
    assert (raw, frames) == (b"data: one\n\n", [Frame(None, b"one")])


def test_a_frame_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccrouter.sse.MAX_FRAME_BYTES", 1000)
    for splitter in (FrameSplitter(), RelaySplitter()):
        for _ in range(83):
            splitter.feed(b"data: xxxxxx")
        with pytest.raises(FrameTooLargeError, match="1000"):
            splitter.feed(b"data: xxxxxx")


def test_random_cuts_of_random_streams() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(300):
        lines = [chance.choice([b"data: a", b"data:b", b"event: e", b": c", b"", b"data: \xc3\xa9"]) for _ in range(12)]
        body = b"".join(line + chance.choice([b"\n", b"\r\n"]) for line in lines)
        assert split(body, 1) == split(body, chance.randrange(2, 30)) == split(body, len(body) + 1)


def test_bare_json_between_events_is_a_frame() -> None:
    """Vertex breaks a stream off with an error object and no `data:` (recording firebase-streaming-failure-error)."""
    body = b'data: {"a":1}\n\n{\n  "error": {\n    "code": 499\n  }\n}\n\n: comment\n\nevent: ping\n\n'
    for size in (len(body), 7, 1):
        splitter = FrameSplitter()
        frames = [frame for start in range(0, len(body), size) for frame in splitter.feed(body[start : start + size])]
        assert frames == [Frame(None, b'{"a":1}'), Frame(None, b'{\n  "error": {\n    "code": 499\n  }\n}')]
        assert splitter.flush() == []
