"""What a new configuration does to the last requests."""

from dataclasses import replace

from ccrouter.config.types import Config, Group, Member, ProviderConfig, RouterConfig, Target
from ccrouter.gateway.rerouting import rerouted, rerouted_json, summary
from ccrouter.gateway.types import Service
from ccrouter.model.request import Request
from ccrouter.router.sketch import Sketch, Sketcher
from ccrouter.runtime import assemble
from tests.router.requests import facts, main

PROVIDER = ProviderConfig("mock", "http://127.0.0.1:9/v1", (), ("a", "b", "c"))
A, B, C = (Target("mock", model) for model in "abc")
GROUP = Target("group", "g")


def service(router: RouterConfig, **changes: object) -> Service:
    config = replace(Config((PROVIDER,), router), **changes)  # pyright: ignore[reportArgumentType]
    return assemble(config, {}, {})[0]


def sketched(*requests: Request) -> list[Sketch]:
    sketcher = Sketcher()
    return [sketcher.sketch(f"req_{at}", request, facts(), 1_000) for at, request in enumerate(requests, 1)]


LAST = sketched(main(), main(thinking="enabled"), main(), main(model="mock,b"))


def test_what_goes_elsewhere_is_told() -> None:
    found = rerouted(LAST, service(RouterConfig(A, think=B)), service(RouterConfig(C, think=B)))
    assert [one.request_id for one in found] == ["req_1", "req_3"]
    told = "2 of the last 4 requests would now go elsewhere: 2 from default mock,a to default mock,c (req_1, req_3)"
    assert summary(found, 4) == told
    assert rerouted_json(found, 4) == {
        "of": 4,
        "requests": [
            {"id": "req_1", "before": "default mock,a", "after": "default mock,c"},
            {"id": "req_3", "before": "default mock,a", "after": "default mock,c"},
        ],
        "summary": told,
    }


def test_what_stays_is_not() -> None:
    old = service(RouterConfig(A, think=B))
    assert rerouted(LAST, old, service(RouterConfig(A, think=B, image=C), fallback={"default": (C,)})) == []
    assert summary([], 4) is None


def test_the_same_model_by_another_route_is_no_news_another_group_member_is() -> None:
    alone = service(RouterConfig(GROUP), groups={"g": Group("in_order", (Member(A),))})
    assert rerouted(LAST[:1], service(RouterConfig(A)), alone) == []
    other = service(RouterConfig(GROUP), groups={"g": Group("in_order", (Member(B),))})
    (one,) = rerouted(LAST[:1], alone, other)
    assert (one.before, one.after) == ("default group,g", "default group,g")


def test_a_request_that_would_be_refused() -> None:
    gone = replace(PROVIDER, name="renamed")
    new = service(RouterConfig(Target("renamed", "a")), providers=(gone,))
    (one,) = rerouted(LAST[3:], service(RouterConfig(A)), new)
    assert one.before == "explicit mock,b"
    assert one.after.startswith("refused: Provider 'mock' is not configured")
