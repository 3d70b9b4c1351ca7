"""The tokenizer's data: whole, and bounded in memory and time."""

import hashlib
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from ccrouter.tokens.encoding import LOADED_RANKS, UNUSED_SECONDS, Tokenizer, _read_ranks

# What openai/tiktoken expects of cl100k_base.tiktoken (tiktoken_ext/openai_public.py).
CL100K_SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"

MEASURE = """
import sys
from pathlib import Path
def resident():
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024
import ccrouter.tokens
loaded = "ccrouter.tokens" in sys.modules
before = resident()
ccrouter.tokens.count_text("the first real count " * 1000)
print(resident() - before)
"""


def test_the_shipped_ranks_are_openais():
    whole = b"".join(b64encode(token) + b" %d\n" % rank for token, rank in _read_ranks(1_000_000).items())
    assert hashlib.sha256(whole).hexdigest() == CL100K_SHA256


def test_the_loaded_ranks_can_encode_every_byte():
    ranks = _read_ranks(LOADED_RANKS)
    assert len(ranks) == LOADED_RANKS
    assert all(bytes([byte]) in ranks for byte in range(256))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_the_tokenizer_fits_the_daemons_memory():
    measured = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True, timeout=60)
    # Measured 15 to 17 MB; the daemon has 70 in all.
    assert float(measured.stdout) < 24


def test_a_tokenizer_that_is_not_used_goes_and_comes_back():
    now = 0.0
    tokenizer = Tokenizer(lambda: now)
    assert not tokenizer.let_go()
    first = tokenizer()
    now = UNUSED_SECONDS - 1
    assert not tokenizer.let_go()
    assert tokenizer() is first
    now += UNUSED_SECONDS - 1
    assert not tokenizer.let_go()
    now += 1
    assert tokenizer.let_go()
    assert not tokenizer.let_go()
    again = tokenizer()
    assert again is not first
    assert again.encode_ordinary("the same words") == first.encode_ordinary("the same words")
