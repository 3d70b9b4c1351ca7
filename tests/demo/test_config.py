"""The demo's config is one that a user could have written: it loads without a single problem."""

import os
from pathlib import Path

from ccrouter.demo.config import ROUTES, demo_config, write_config
from ccrouter.runtime import build


def test_loads_without_problems(tmp_path: Path):
    document = demo_config("http://127.0.0.1:9/v1/chat/completions", "http://127.0.0.1:9/v1/messages", 3456)
    built = build(write_config(tmp_path, document), os.environ)
    assert built.problems == ()
    assert built.service is not None
    assert str(built.service.config.router.default) == ROUTES["default"]


def test_every_route_names_a_configured_model(tmp_path: Path):
    document = demo_config("http://x/v1/chat/completions", "http://x/v1/messages", 3456)
    providers = document["Providers"]
    assert isinstance(providers, list)
    known = {f"{each['name']},{model}" for each in providers for model in each["models"]}  # type: ignore[index]
    assert set(ROUTES.values()) <= known
