"""The config's `tests`, run: does each outlined request go where it must? A custom router is not asked."""

from collections.abc import Iterable

import orjson

from ccrouter.config.problems import Problem
from ccrouter.config.types import RoutingTest
from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.errors import RequestError
from ccrouter.frozen import frozen
from ccrouter.gateway.types import Service
from ccrouter.model.json import Json, JsonObject
from ccrouter.router import Decision, Facts, decide
from ccrouter.router.outline import outline_body
from ccrouter.tokens import TokenCounter
from ccrouter.tokens.counter import BYTES_PER_TOKEN


@frozen
class Result:
    """How one test went. `decision` is None where the request was refused, for the reason in `refusal`."""

    test: RoutingTest
    decision: Decision | None
    refusal: str = ""

    @property
    def passed(self) -> bool:
        """It went where it must."""
        decision, test = self.decision, self.test
        if decision is None:
            return False
        return test.route in {None, decision.scenario} and test.target in {None, decision.targets[0]}

    @property
    def given(self) -> str:
        """Where it went: "default deepseek,deepseek-chat"."""
        return f"{self.decision.scenario} {self.decision.targets[0]}" if self.decision else f"refused: {self.refusal}"

    @property
    def why(self) -> str:
        """Why it went there, and why not where it should: "an ordinary request; think: thinking not enabled"."""
        if self.decision is None:
            return ""
        missed = [f"{rule}: {why}" for rule, why in self.decision.considered if rule == self.test.route]
        return "; ".join([self.decision.reason, *missed])


def run_tests(service: Service) -> tuple[Result, ...]:
    """Every test of the configuration, in its order."""
    return tuple([run_test(test, service) for test in service.config.tests])


def run_test(test: RoutingTest, service: Service) -> Result:
    """Decide about the outlined request."""
    outline = test.request
    body = outline_body(outline)
    request = decode_request(body)
    tokens = outline.tokens
    facts = Facts(
        headers=outline.headers,
        tokens=lambda: TokenCounter().count(request) if tokens is None else tokens,
        body_bytes=len(orjson.dumps(body)) if tokens is None else tokens * BYTES_PER_TOKEN,
        last_input_tokens=outline.last_tokens,
    )
    try:
        return Result(test, decide(request, facts, service.config, provider_facts=service))
    except RequestError as error:
        return Result(test, None, error.message)


def failures(results: Iterable[Result], service: Service) -> list[Problem]:
    """An error for each test that failed: what it expects, what came of it, and why."""
    problems: list[Problem] = []
    for result in results:
        test = result.test
        if result.passed:
            continue
        message = f"the routing test{name_of(test)} fails: it expects {expected(test)}, and gives {result.given}"
        why, place = f"Because: {result.why}" if result.why else None, (test.line, test.column)
        problems.append(Problem("error", message, why, test.pointer, service.config.path, *place))
    return problems


def name_of(test: RoutingTest) -> str:
    """The test's name with a space and quotes, nothing where it has none."""
    return f' "{test.name}"' if test.name else ""


def expected(test: RoutingTest) -> str:
    """Where it must go: "think deepseek,deepseek-reasoner", or the one of the two that is said."""
    return " ".join([str(part) for part in (test.route, test.target) if part is not None])


def result_json(result: Result) -> JsonObject:
    """One result for programs."""
    decision = result.decision
    considered: list[Json] = [[rule, why] for rule, why in decision.considered] if decision is not None else []
    return {
        "name": result.test.name,
        "line": result.test.line,
        "passed": result.passed,
        "expected": expected(result.test),
        "scenario": decision.scenario if decision is not None else None,
        "target": str(decision.targets[0]) if decision is not None else None,
        "reason": decision.reason if decision is not None else result.refusal,
        "considered": considered,
    }
