"""The config's own tests of its routing."""

from dataclasses import replace

from ccrouter.config.types import Config, ProviderConfig, RequestOutline, RouterConfig, RoutingTest, Target
from ccrouter.gateway.routing_tests import failures, result_json, run_tests
from ccrouter.runtime import assemble

PROVIDER = ProviderConfig("mock", "http://127.0.0.1:9/v1", (), ("a", "b", "c"))
A, B, C = (Target("mock", model) for model in "abc")
ROUTES = RouterConfig(A, background=B, think=C, long_context=B, image=C)


def ran(*tests: RoutingTest):
    service, problems = assemble(replace(Config((PROVIDER,), ROUTES), tests=tests), {}, {})
    assert problems == []
    return run_tests(service), service


def test_what_passes() -> None:
    results, service = ran(
        RoutingTest(RequestOutline(), route="default", target=A),
        RoutingTest(RequestOutline(model="claude-haiku-4-5"), route="background"),
        RoutingTest(RequestOutline(thinking="enabled"), target=C),
        RoutingTest(RequestOutline(effort="max"), route="think"),
        RoutingTest(RequestOutline(plan=True), route="think"),
        RoutingTest(RequestOutline(image=True), route="image"),
        RoutingTest(RequestOutline(tokens=60_001), route="longContext"),
        RoutingTest(RequestOutline(tokens=60_000), route="default"),
        RoutingTest(RequestOutline(tokens=30_000, last_tokens=70_000), route="longContext"),
        RoutingTest(RequestOutline(headers={"x-claude-code-request-class": "auxiliary"}), route="background"),
        RoutingTest(RequestOutline(model="mock,b"), route="explicit", target=B),
        RoutingTest(RequestOutline(system="You are a security monitor for agents."), route="classifier", target=A),
    )
    assert [result.given for result in results if not result.passed] == []
    assert failures(results, service) == []


def test_what_fails_says_what_came_of_it_and_why() -> None:
    test = RoutingTest(RequestOutline(), "think", C, "thinks", pointer="/tests/0", line=7, column=3)
    results, service = ran(test, replace(test, route="default"), RoutingTest(RequestOutline("nobody,x"), route="think"))
    first, second, third = failures(results, service)
    assert str(first) == (
        '7:3 /tests/0: the routing test "thinks" fails: it expects think mock,c, and gives default mock,a. '
        "Because: an ordinary request; think: thinking not enabled, no plan mode"
    )
    assert first.severity == "error"
    assert "it expects default mock,c, and gives default mock,a" in str(second)
    assert "gives refused: Provider 'nobody' is not configured" in str(third)
    told = result_json(results[0])
    assert (told["passed"], told["scenario"], told["expected"]) == (False, "default", "think mock,c")
