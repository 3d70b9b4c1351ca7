"""Where requests with images go when the image agent is forced, and where its looks go."""

from dataclasses import replace

import pytest

from ccrouter.config.types import Config, Target
from ccrouter.errors import RequestError
from ccrouter.router import KnownTargets, decide, decide_look
from tests.router.requests import ALL_ROUTES, DEFAULT, IMAGE, LONG, ONLY_DEFAULT, PICTURE, PROVIDERS, facts, main, user


def test_forced_an_image_does_not_change_the_route() -> None:
    config = Config(PROVIDERS, ALL_ROUTES, force_image_agent=True)
    decision = decide(main(user("What is this?", PICTURE)), facts(), config, provider_facts=KnownTargets())
    assert (decision.scenario, decision.targets) == ("default", (DEFAULT,))
    assert dict(decision.considered)["image"].startswith("forceUseImageAgent")


def test_a_look_goes_to_the_image_route_with_its_fallbacks() -> None:
    config = Config(PROVIDERS, ALL_ROUTES, fallback={"image": (LONG,), "*": (DEFAULT,)})
    request = main(user("Colour?", PICTURE))
    decision = decide_look(request, config, asker="p,blind")
    assert decision.targets == (IMAGE, LONG, DEFAULT)
    assert decision.scenario == "image"
    assert decision.reason == "p,blind sees no images and asks to look at one"
    assert decision.request is request


def test_without_an_image_route_nobody_can_look() -> None:
    with pytest.raises(RequestError, match=r"Router\.image"):
        decide_look(main(), Config(PROVIDERS, replace(ONLY_DEFAULT, default=Target("a", "b"))), asker="p,blind")
