"""Tokens are renewed early, one at a time, and beside the requests where the old one still holds."""

import asyncio
import logging
import threading
import time

import pytest

from ccrouter.errors import UpstreamError, upstream_failure
from ccrouter.upstream import auth
from ccrouter.upstream.auth import IssuedToken, RenewedTokens, StaticToken, no_credentials


class Issuer:
    """Numbers its tokens, which live an hour; `slow` seconds each; raises `failure` instead, once it is set."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.count = 0
        self.slow = 0.0
        self.failure: UpstreamError | None = None
        self.threads: set[str] = set()

    def __call__(self) -> IssuedToken:
        self.count += 1
        self.threads.add(threading.current_thread().name)
        time.sleep(self.slow)
        if self.failure is not None:
            raise self.failure
        return IssuedToken(f"token-{self.count}", self.now + 3600)

    def clock(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def source(issuer: Issuer) -> RenewedTokens:
    return RenewedTokens(issuer, name="vertex", clock=issuer.clock)


async def renewed(issuer: Issuer, count: int) -> None:
    for _ in range(200):
        if issuer.count >= count:
            await asyncio.sleep(0.01)
            return
        await asyncio.sleep(0.01)
    raise AssertionError("no renewal")


async def test_a_static_token() -> None:
    source = StaticToken("t")
    source.refused("t")
    assert await source.token() == "t"


async def test_one_token_serves_until_it_is_old(issuer: Issuer, source: RenewedTokens) -> None:
    assert {await source.token() for _ in range(5)} == {"token-1"}
    issuer.now += 3600 - auth.EARLY_SECONDS - 1
    assert await source.token() == "token-1"
    assert issuer.count == 1
    assert threading.current_thread().name not in issuer.threads


async def test_many_requests_wait_for_one_renewal(issuer: Issuer, source: RenewedTokens) -> None:
    issuer.slow = 0.1
    assert set(await asyncio.gather(*[source.token() for _ in range(20)])) == {"token-1"}
    assert issuer.count == 1


async def test_a_client_that_goes_away_takes_nothing_from_the_others(issuer: Issuer, source: RenewedTokens) -> None:
    issuer.slow = 0.1
    first, second = asyncio.create_task(source.token()), asyncio.create_task(source.token())
    await asyncio.sleep(0.02)
    first.cancel()
    assert await second == "token-1"
    assert issuer.count == 1


async def test_it_is_renewed_early_beside_the_requests(issuer: Issuer, source: RenewedTokens) -> None:
    await source.token()
    issuer.now += 3600 - auth.EARLY_SECONDS + 1
    issuer.slow = 0.05
    began = time.perf_counter()
    assert await source.token() == "token-1"
    assert time.perf_counter() - began < 0.04
    await renewed(issuer, 2)
    await asyncio.sleep(0.1)
    assert await source.token() == "token-2"


async def test_a_token_at_its_end_is_not_used(issuer: Issuer, source: RenewedTokens) -> None:
    await source.token()
    issuer.now += 3600 - auth.LAST_MOMENT_SECONDS
    assert await source.token() == "token-2"


async def test_a_token_server_that_is_down_hurts_nobody_while_the_old_token_holds(
    issuer: Issuer, source: RenewedTokens, caplog: pytest.LogCaptureFixture
) -> None:
    await source.token()
    issuer.now += 3600 - 200
    issuer.failure = upstream_failure("the token server is down")
    with caplog.at_level(logging.WARNING, logger="ccrouter.auth"):
        for _ in range(5):  # not asked again at once
            assert await source.token() == "token-1"
            await asyncio.sleep(0.02)
    assert issuer.count == 2
    assert "vertex: the token could not be renewed" in caplog.text
    assert "token-1" not in caplog.text
    issuer.now += 190
    with pytest.raises(UpstreamError, match="is down"):
        await source.token()
    issuer.failure = None
    assert await source.token() == "token-4"


async def test_a_refused_token_is_not_given_again(issuer: Issuer, source: RenewedTokens) -> None:
    source.refused(await source.token())
    assert await source.token() == "token-2"
    source.refused("token-1")  # a request that was slow to hear of it
    assert await source.token() == "token-2"


async def test_broken_credentials_are_remembered_for_a_moment(issuer: Issuer, source: RenewedTokens) -> None:
    issuer.failure = no_credentials("there are none")
    for _ in range(3):
        with pytest.raises(UpstreamError, match="there are none") as caught:
            await source.token()
        assert caught.value.retryable
    assert issuer.count == 1
    issuer.now += auth.REMEMBERED_SECONDS
    issuer.failure = None
    assert await source.token() == "token-2"


async def test_a_token_server_that_hangs(
    issuer: Issuer, source: RenewedTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "ISSUE_SECONDS", 0.05)
    issuer.slow = 0.3
    with pytest.raises(UpstreamError) as caught:
        await source.token()
    assert caught.value.detail.status == 504


def test_no_token_in_a_representation() -> None:
    assert "secret" not in repr(IssuedToken("secret", 1.0))
