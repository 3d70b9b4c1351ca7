"""How providers are reached, worked out once a configuration."""

from dataclasses import replace
from pathlib import Path

from ccrouter.config.types import Config, ProviderConfig, RouterConfig, Target, Timeouts, TransformerUse
from ccrouter.gateway.provider_access import ProviderAccess, provider_accesses
from ccrouter.gateway.types import Service
from ccrouter.pipeline.build import Pipeline
from ccrouter.upstream.auth import StaticToken
from ccrouter.upstream.client import CONNECT_SECONDS, Way

PLAIN = ProviderConfig("plain", "http://127.0.0.1:1", api_keys=("a", "b"))
OWN = ProviderConfig(
    "own",
    "http://127.0.0.1:2",
    api_keys=("c",),
    timeouts=Timeouts(connect=1.0, first_byte=2.0, idle=3.0, total=4.0),
    ca_bundle=Path("/bundle.pem"),
)
CONFIG = Config((PLAIN, OWN), RouterConfig(default=Target("plain", "m")), api_timeout_ms=5000)


def no_pipeline(target: Target, use: tuple[TransformerUse, ...] = (), *, guided: bool = False) -> Pipeline:
    raise NotImplementedError


def test_its_own_time_outs_proxy_and_certificates_else_everybodys() -> None:
    accesses = provider_accesses(CONFIG, {"own": "http://proxy:1", "plain": None}, {})
    assert accesses == {
        "plain": ProviderAccess(PLAIN, Way(5.0, CONNECT_SECONDS), ("a", "b"), None),
        "own": ProviderAccess(OWN, Way(3.0, 1.0, 2.0, 4.0, "http://proxy:1", Path("/bundle.pem")), ("c",), None),
    }


def test_what_comes_first_bounds_the_wait_for_an_answer() -> None:
    ways = [Way(9.0), Way(9.0, first_byte_seconds=2.0), Way(9.0, total_seconds=4.0), Way(9.0, 1.0, 5.0, 4.0)]
    assert [way.answer_seconds for way in ways] == [None, 2.0, 4.0, 4.0]


def test_tokens_take_the_keys_place() -> None:
    token = StaticToken("t")
    access = provider_accesses(CONFIG, {}, {"own": token})["own"]
    assert (access.keys, access.tokens) == ((), token)


def test_the_first_of_a_name_counts() -> None:
    config = replace(CONFIG, providers=(PLAIN, replace(OWN, name="plain")))
    assert provider_accesses(config, {}, {})["plain"].provider is PLAIN


def test_another_configuration_has_its_own() -> None:
    service = Service(CONFIG, no_pipeline, proxies={"own": "http://proxy:1"})
    slower = replace(service, config=replace(CONFIG, api_timeout_ms=7000))
    assert (service.accesses["plain"].way, slower.accesses["plain"].way) == (Way(5.0), Way(7.0))
    assert slower.accesses["own"].way.proxy == "http://proxy:1"
