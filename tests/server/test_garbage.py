"""A request that is over leaves nothing, also no circles: they would keep its megabytes until Python looks for them."""

import gc
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from ccrouter.config.types import Cooldown, ProviderConfig, Retries, Timeouts
from tests.server.conftest import Router
from tests.upstreams.misbehaving import FAULTS, Asked, Manner, Misbehaving, reply_of, well

REQUESTS = 6
KINDS = ["well", "500", "429", "400", "reset", "200 with HTML", "silent", "error after text", "reset after text"]


@contextmanager
def garbage_kept() -> Generator[list[object]]:
    """What only the collector would have found in the meantime, once it is over."""
    found: list[object] = []
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        gc.collect()
        found += gc.garbage
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_is_left(router: Router, kind: str, streamed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccrouter.gateway.next_step.PAUSE_SECONDS", 0.001)

    def script(asked: Asked) -> Manner:
        act = well if asked.number % 2 else FAULTS.get(kind, well)
        return act(asked, reply_of("a few words"))

    body = {"model": "x", "max_tokens": 9, "stream": streamed, "messages": [{"role": "user", "content": "hi"}]}
    async with Misbehaving(script) as upstream:
        timeouts = Timeouts(first_byte=0.05 if kind == "silent" else None)
        provider = ProviderConfig("mock", upstream.endpoint, ("a", "b", "c"), ("m-text",), timeouts=timeouts)
        again = {"retries": Retries(), "cooldown": Cooldown(0.01)}
        async with router("", providers=(provider,), **again) as client:
            with garbage_kept() as garbage:
                for _ in range(REQUESTS):
                    await (await client.post("/v1/messages", json=body)).read()
            kinds = [type(entry) for entry in garbage]
    left = Counter(kind.__qualname__ for kind in kinds if kind.__module__.startswith(("ccrouter", "aiohttp.web")))
    assert not left
