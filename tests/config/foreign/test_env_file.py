from pathlib import Path

import pytest

from ccrouter.config.foreign.env_names import GEMINI_PROXY, LITELLM_PROXY, OPENAI_PROXY, Recognised, recognise
from ccrouter.config.load import Loaded, load_config
from ccrouter.config.types import Config, Target
from ccrouter.runtime import known_names

KNOWN = known_names({}, user_files_loaded=False)


def load(folder: Path, text: str, name: str = ".env") -> Loaded:
    (folder / name).write_text(text)
    return load_config(folder / name, environment={}, known=KNOWN)


def config_of(folder: Path, text: str) -> Config:
    loaded = load(folder, text)
    assert loaded.config is not None, [str(problem) for problem in loaded.problems]
    return loaded.config


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({"GEMINI_API_KEY": "k"}, GEMINI_PROXY),
        ({"GEMINI_API_KEY": "k", "PREFERRED_PROVIDER": "google"}, LITELLM_PROXY),
        ({"GEMINI_API_KEY": "k", "OPENAI_API_KEY": "k"}, LITELLM_PROXY),
        ({"OPENAI_API_KEY": "k"}, OPENAI_PROXY),
        ({"OPENAI_API_KEY": "k", "CUSTOM_HEADER_X": "y"}, OPENAI_PROXY),
        ({"OPENAI_API_KEY": "k", "MIDDLE_MODEL": "m"}, OPENAI_PROXY),
        ({"ANTHROPIC_API_KEY": "k"}, LITELLM_PROXY),
    ],
)
def test_whose_file_it_is(variables: dict[str, str], proxy: str) -> None:
    recognised = recognise(variables)
    assert recognised is not None
    assert recognised.proxy == proxy
    assert recognised.sign in variables


def test_where_it_is_not_sure_it_says_so(tmp_path: Path) -> None:
    recognised = recognise({"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "secret"})
    assert recognised is not None
    assert (recognised.proxy, recognised.sign) == (OPENAI_PROXY, None)
    assert recognise({"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "sk-ant-1"}) == Recognised(
        LITELLM_PROXY, why="ANTHROPIC_API_KEY is taken as the key of a provider, by its look"
    )
    loaded = load(tmp_path, "OPENAI_API_KEY=k\nANTHROPIC_API_KEY=secret\n")
    (problem,) = loaded.problems
    assert (problem.severity, problem.line) == ("warning", 2)
    assert OPENAI_PROXY in problem.message
    assert "secret" not in str(problem)
    assert loaded.config is not None
    assert loaded.config.api_key == "secret"


def test_a_file_without_a_key_is_an_error(tmp_path: Path) -> None:
    loaded = load(tmp_path, "BIG_MODEL=x\n")
    assert loaded.config is None
    assert "no key that is known here" in loaded.problems[0].message
    assert "ccr init" in (loaded.problems[0].fix or "")


def test_big_middle_and_small(tmp_path: Path) -> None:
    config = config_of(tmp_path, "OPENAI_API_KEY=k\nBIG_MODEL=b\nMIDDLE_MODEL=m\nSMALL_MODEL=s\n")
    assert config.router.default == Target("openai", "m")
    assert config.router.background == Target("openai", "s")
    assert config.tiers["opus"].target == Target("openai", "b")


def test_azure_and_custom_headers(tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        "OPENAI_API_KEY=k\nOPENAI_BASE_URL=https://r.openai.azure.com/openai/deployments/d\n"
        "AZURE_API_VERSION=2024-03-01-preview\nBIG_MODEL=gpt-4\nCUSTOM_HEADER_X_API_KEY=secret\n",
    )
    (provider,) = config.providers
    assert provider.api_base_url == "https://r.openai.azure.com?api-version=2024-03-01-preview"
    assert provider.headers == {"X-API-KEY": "secret"}


def test_google_and_vertex(tmp_path: Path) -> None:
    google = "PREFERRED_PROVIDER=google\nBIG_MODEL=gemini/gemini-2.5-pro\nGEMINI_API_KEY=k\nOPENAI_API_KEY=o\n"
    config = config_of(tmp_path, google)
    assert config.router.default == Target("gemini", "gemini-2.5-pro")
    assert [provider.name for provider in config.providers] == ["gemini", "openai"]
    config = config_of(tmp_path, f"{google}USE_VERTEX_AUTH=true\nVERTEX_PROJECT=p\nVERTEX_LOCATION=global\n")
    assert config.router.default == Target("vertex", "gemini-2.5-pro")
    assert config.environment == {"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "global"}


def test_what_is_wrong_is_told_at_its_line(tmp_path: Path) -> None:
    loaded = load(
        tmp_path, "OPENAI_API_KEY=k\n\nREQUEST_TIMEOUT=soon\nPORT=99999999\nLOG_LEVEL=loud\nOTHER=1\nbad line\n"
    )
    assert loaded.config is None
    told = {problem.line: problem for problem in loaded.problems}
    assert told[3].message == "REQUEST_TIMEOUT must be a number"
    assert told[4].pointer == "/PORT"
    assert told[4].severity == "error"
    assert "LOG_LEVEL has no equivalent" in told[5].message
    assert "OTHER" in told[6].message
    assert "not KEY=value" in told[7].message


def test_a_list_of_variables_is_known_by_its_first_line_too(tmp_path: Path) -> None:
    loaded = load(tmp_path, "# mine\nexport OPENAI_API_KEY=k\n", "claude-proxy.conf")
    assert loaded.config is not None
