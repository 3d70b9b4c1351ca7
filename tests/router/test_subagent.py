"""The subagent tag: where it is found, how it is taken out, what it must not touch."""

from dataclasses import replace

import pytest

from ccrouter.errors import RequestError
from ccrouter.model.blocks import Text
from ccrouter.model.request import Message, Request
from ccrouter.router import Decision, Facts, KnownTargets, decide
from tests.router.requests import CONFIG, DEFAULT, IMAGE, LONG, PICTURE, SYSTEM, THINK, assistant, facts, main, user

TAG = "<CCR-SUBAGENT-MODEL>deepseek,deepseek-reasoner</CCR-SUBAGENT-MODEL>"
REMINDER = "<system-reminder>\nToday is Friday.\n</system-reminder>"


def route(request: Request, known: Facts | None = None) -> Decision:
    return decide(request, known or facts(), CONFIG, provider_facts=KnownTargets())


@pytest.mark.parametrize("at", range(3))
def test_in_any_system_block(at: int):
    system = list(SYSTEM)
    system[at] = replace(system[at], text=f"{TAG}\n{system[at].text}", extras={"cache_control": {"type": "ephemeral"}})
    request = replace(main(), system=tuple(system))
    decision = route(request)
    assert (decision.scenario, decision.targets) == ("subagent", (THINK,))
    assert decision.reason == "a subagent tag in the system prompt asks for deepseek,deepseek-reasoner"
    system[at] = replace(system[at], text=SYSTEM[at].text)
    assert decision.request == replace(request, system=tuple(system))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TAG + "Find the bug.", "Find the bug."),
        (f"  \n{TAG}\n\nFind the bug.", "  \nFind the bug."),
        (f"Agent prompt. {TAG} Find the bug.", "Agent prompt. Find the bug."),
        (TAG.replace(">deep", ">\n deep").replace("</CCR", "\n</CCR") + "Find the bug.", "Find the bug."),
        (TAG, None),
    ],
)
def test_in_a_system_string(before: str, after: str | None):
    decision = route(replace(main(), system=before))
    assert (decision.scenario, decision.targets) == ("subagent", (THINK,))
    assert decision.request.system == after


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (TAG + "Find it.", "Find it."),
        (REMINDER + TAG + "\nFind it.", REMINDER + "Find it."),
        ((Text(TAG + "\nFind it."),), (Text("Find it."),)),
        ((Text(TAG), Text("Find it.")), (Text("Find it."),)),
        ((Text(REMINDER), Text(REMINDER + "\n" + REMINDER), Text(TAG + "Find it.")),
         (Text(REMINDER), Text(REMINDER + "\n" + REMINDER), Text("Find it."))),
        ((Text(f"{REMINDER} words {REMINDER}\n"), Text(TAG + "Find it.")),
         (Text(f"{REMINDER} words {REMINDER}\n"), Text("Find it."))),
        ((PICTURE, Text(" \n"), Text(TAG + "Find it.")), (PICTURE, Text(" \n"), Text("Find it."))),
    ],
)  # fmt: skip
def test_at_the_start_of_the_first_user_message(content: str | tuple[Text, ...], expected: str | tuple[Text, ...]):
    request = main(Message("system", "# Environment"), Message("user", content), assistant("Hm."), user("And?"))
    decision = route(request)
    assert decision.scenario == "subagent"
    assert decision.reason == "a subagent tag in the first user message asks for deepseek,deepseek-reasoner"
    messages = list(request.messages)
    messages[1] = Message("user", expected)
    assert decision.request == replace(request, messages=tuple(messages))


@pytest.mark.parametrize(
    "request_without",
    [
        main(user("Please use " + TAG)),
        main(user("First"), assistant("Hm"), user(TAG + "second")),
        main(user("Look:", TAG)),
        main(user(REMINDER + "Look:", TAG)),
        main(user("<system-reminder>\nToday is Friday.", TAG)),
        main(user("Hi"), assistant(TAG)),
        main(user("<CCR-SUBAGENT-MODEL>deepseek,deepseek-reasoner")),
        main(user("<CCR-SUBAGENT-MODEL>  </CCR-SUBAGENT-MODEL>go")),
        replace(main(), system="<CCR-SUBAGENT-MODEL></CCR-SUBAGENT-MODEL>"),
    ],
)
def test_elsewhere_it_is_text(request_without: Request):
    decision = route(request_without)
    assert (decision.scenario, decision.targets) == ("default", (DEFAULT,))
    assert decision.request is request_without


@pytest.mark.parametrize(
    ("request_with", "known", "scenario", "target"),
    [
        (main(user(TAG + "go"), model="openrouter,z-ai/glm-4.5v"), facts(), "explicit", IMAGE),
        (main(user(TAG + "go")), facts(90_000), "longContext", LONG),
        (main(user(TAG + "go", PICTURE), model="claude-haiku-4-5"), facts(), "subagent", THINK),
    ],
)
def test_it_is_taken_out_whichever_rule_decides(request_with: Request, known: Facts, scenario: str, target: object):
    decision = route(request_with, known)
    assert (decision.scenario, decision.targets[0]) == (scenario, target)
    first = decision.request.messages[0].blocks[0]
    assert isinstance(first, Text)
    assert first.text == "go"


def test_an_unknown_provider_is_told_with_its_place():
    with pytest.raises(RequestError) as caught:
        route(main(user(TAG.replace("deepseek,", "depseek,") + "go")))
    assert caught.value.status == 404
    assert caught.value.message.startswith(
        "A subagent tag in the first user message asks for 'depseek,deepseek-reasoner'. "
        "Provider 'depseek' is not configured. Configured are: deepseek, "
    )
