from pathlib import Path

from ccrouter.config.load import Loaded, load_config
from ccrouter.config.types import Config, Target
from tests.config.loading import KNOWN


def write(folder: Path, **files: str) -> None:
    """`main` is config.json; `a_json` is a.json, `d__a_yaml` is d/a.yaml."""
    for name, text in files.items():
        path = folder / ("config.json" if name == "main" else name.replace("__", "/").replace("_", "."))
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def load(folder: Path, environment: dict[str, str] | None = None) -> Loaded:
    return load_config(folder / "config.json", environment=environment or {}, known=KNOWN)


def config_of(folder: Path) -> Config:
    loaded = load(folder, {"KEY": "k"})
    assert loaded.config is not None, [str(problem) for problem in loaded.problems]
    assert loaded.problems == ()
    return loaded.config


def provider(name: str, url: str = "http://127.0.0.1:1/v1") -> str:
    return f'{{ "name": "{name}", "api_base_url": "{url}", "api_key": "$KEY", "models": ["m"] }}'


def test_every_provider_in_its_own_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        main=f'{{ include: ["p/*.json", "r.yaml"], Providers: [{provider("main")}], Router: {{ default: "b,m" }} }}',
        p__b_json=f"{{ providers: [{provider('b')}] }}",
        p__a_json=f"{{ Providers: [{provider('a')}] }}",
        p__other_txt="not asked for",
        r_yaml="Router:\n  think: a,m\nPORT: 4000\n",
    )
    config = config_of(tmp_path)
    assert [one.name for one in config.providers] == ["main", "a", "b"]
    assert config.providers[1].api_keys == ("k",)
    assert config.router.default == Target("b", "m")
    assert config.router.think == Target("a", "m")
    assert config.port == 4000
    assert {tmp_path / "p" / "a.json", tmp_path / "p" / "b.json", tmp_path / "p", tmp_path / "r.yaml"} <= set(
        config.sources
    )


def test_included_files_include_others_from_where_they_are(tmp_path: Path) -> None:
    write(
        tmp_path,
        main='{ include: "d/one.json", Router: { default: "x,m" } }',
        d__one_json='{ include: ["two.json", "shared.json"] }',
        d__two_json='{ include: "shared.json", LOG: false }',
        d__shared_json=f"{{ Providers: [{provider('x')}] }}",
    )
    config = config_of(tmp_path)
    assert [one.name for one in config.providers] == ["x"]
    assert config.log is False


def test_problems_name_the_file_and_the_line_where_it_is_written(tmp_path: Path) -> None:
    write(
        tmp_path,
        main='{\n  include: ["a.json"],\n  Providers: [' + provider("main") + '],\n  Router: { default: "main,m" },\n}',
        a_json="{\n  Providers: [\n"
        + provider("a", "ftp://h/")
        + '\n  ],\n  Router: {\n    think: "nobody,m",\n  },\n}',
    )
    found = {(problem.file, problem.line): problem for problem in load(tmp_path, {"KEY": "k"}).problems}
    url = found[tmp_path / "a.json", 3]
    assert (url.pointer, url.severity) == ("/Providers/0/api_base_url", "error")
    route = found[tmp_path / "a.json", 6]
    assert (route.pointer, route.severity) == ("/Router/think", "error")
    assert len(found) == 2


def test_what_two_files_say_differently_is_told_with_both_places(tmp_path: Path) -> None:
    write(
        tmp_path,
        main='{\n  include: "a.json",\n  PORT: 1000,\n  LOG: true,\n  Providers: ['
        + provider("x")
        + '],\n  Router: { default: "x,m" },\n}',
        a_json='{\n  log: true,\n  port: 2000,\n  Router: {\n    default: "x,other",\n  },\n}',
    )
    loaded = load(tmp_path, {"KEY": "k"})
    assert loaded.config is None
    one, two = loaded.problems
    assert (one.file, one.line, one.pointer) == (tmp_path / "a.json", 3, "/port")
    assert f"also at {tmp_path / 'config.json'}:3" in one.message
    assert (two.line, two.pointer) == (5, "/Router/default")
    assert f"also at {tmp_path / 'config.json'}:6" in two.message


def test_circles_are_refused(tmp_path: Path) -> None:
    write(
        tmp_path, main='{ include: "a.json" }', a_json='{\n  include: "./b.json" }', b_json='{ include: "config.json" }'
    )
    loaded = load(tmp_path)
    told = [problem for problem in loaded.problems if "include each other" in problem.message]
    assert [problem.message.partition(": ")[2] for problem in told] == [
        "config.json -> a.json -> b.json -> config.json"
    ]
    assert told[0].file == tmp_path / "b.json"


def test_a_file_that_is_not_there_is_told_at_the_include(tmp_path: Path) -> None:
    write(tmp_path, main='{\n  include: [\n    "gone.json",\n    "d/*.yaml"\n  ] }')
    told = {problem.line: problem for problem in load(tmp_path).problems}
    assert told[3].severity == "error"
    assert f"{tmp_path / 'gone.json'} cannot be included: there is no file to include here" in told[3].message
    assert told[4].severity == "warning"
    assert told[4].pointer == "/include/1"


def test_a_file_that_cannot_be_parsed_or_is_no_object(tmp_path: Path) -> None:
    write(tmp_path, main='{ include: ["a.json", "b.yaml"] }', a_json="{\n  a: ]", b_yaml="- 1\n")
    told = {problem.file: problem for problem in load(tmp_path).problems if problem.file != tmp_path / "config.json"}
    assert told[tmp_path / "a.json"].line == 2
    assert "an included file is an object, this is a list" in told[tmp_path / "b.yaml"].message


def test_a_broken_included_file_is_watched_all_the_same(tmp_path: Path) -> None:
    write(tmp_path, main='{ include: "a.json" }', a_json="{")
    assert tmp_path / "a.json" in load(tmp_path).sources


def test_the_wrong_type_is_the_schemas_to_tell(tmp_path: Path) -> None:
    write(tmp_path, main="{ include: 5 }")
    assert "/include" in [problem.pointer for problem in load(tmp_path).problems]


def test_litellm_includes_too(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("include: [models.yaml]\nrouter_settings: {num_retries: 1}\n")
    (tmp_path / "models.yaml").write_text(
        "model_list:\n  - model_name: a\n    litellm_params:\n      model: openai/a\n      api_base: ftp://x/v1\n"
    )
    loaded = load_config(tmp_path / "config.yaml", environment={}, known=KNOWN)
    (problem,) = [problem for problem in loaded.problems if problem.severity == "error"]
    assert (problem.file, problem.line) == (tmp_path / "models.yaml", 5)
    assert problem.pointer == "/model_list/0/litellm_params/api_base"
