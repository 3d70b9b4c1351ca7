import stat
from pathlib import Path

import pytest

from ccrouter.config.dotenv import parse_dotenv
from ccrouter.config.problems import ConfigError
from ccrouter.config.read import read
from ccrouter.config.taking.dotenv_text import with_variables
from ccrouter.config.taking.put import put
from ccrouter.config.taking.secrets import separate
from ccrouter.config.taking.take import OWN, Taken, take
from ccrouter.config.taking.text import config_as_text
from ccrouter.model.json import JsonObject, as_object


def value_of(text: str) -> JsonObject:
    document = read(text.encode(), Path("/c.json")).document
    assert document is not None
    value = as_object(document.value)
    assert value is not None
    return value


def test_keys_are_taken_out_of_everywhere() -> None:
    value: JsonObject = {
        "APIKEY": "s1",
        "OPENAI_API_KEY": "s2",
        "PROXY_URL": "http://me:s3@proxy:8080",
        "Providers": [
            {"name": "groq", "api_key": "s4", "api_base_url": "https://h/v1?key=s5"},
            {
                "name": "two",
                "api_key": ["s6", "s7", "$SET"],
                "headers": {"Authorization": "Bearer s8", "x-team": "blue", "x-own": "0123456789" * 3},
            },
        ],
        "search": {"api_key": "s9"},
        "transformers": [{"path": "x.py", "options": {"token": "s10", "max_tokens": 5, "x": "sk-0123456789"}}],
    }
    separated = separate(value, {}, {})
    assert separated.variables == {
        "CCR_APIKEY": "s1",
        "OPENAI_API_KEY": "s2",
        "PROXY_URL": "http://me:s3@proxy:8080",
        "GROQ_API_KEY": "s4",
        "GROQ_API_BASE_URL": "https://h/v1?key=s5",
        "TWO_API_KEY": "s6",
        "TWO_API_KEY_2": "s7",
        "TWO_AUTHORIZATION": "Bearer s8",
        "TWO_X_OWN": "0123456789" * 3,
        "SEARCH_API_KEY": "s9",
        "TRANSFORMERS_OPTIONS_TOKEN": "s10",
        "TRANSFORMERS_OPTIONS_X": "sk-0123456789",
    }
    text = str(separated.value)
    assert not [secret for secret in (f"s{number}" for number in range(1, 11)) if f"'{secret}'" in text]
    assert "$SET" in text
    assert "blue" in text


def test_the_variables_it_came_with_go_along() -> None:
    value: JsonObject = {"Providers": [{"name": "a", "api_key": "$KEY"}, {"name": "b", "api_key": "${ELSE:-x}"}]}
    separated = separate(value, {"KEY": "k", "UNUSED": "u"}, {})
    assert separated.variables == {"KEY": "k"}
    assert separated.value == value


def test_a_name_that_means_something_else_here_is_not_taken() -> None:
    value: JsonObject = {"Providers": [{"name": "a", "api_key": "$KEY"}, {"name": "key", "api_key": "${KEY:-no}"}]}
    separated = separate(value, {"KEY": "new"}, {"KEY": "old"})
    assert separated.variables == {"KEY_2": "new"}
    assert separated.value == {
        "Providers": [{"name": "a", "api_key": "$KEY_2"}, {"name": "key", "api_key": "${KEY_2:-no}"}]
    }
    assert separate(value, {"KEY": "same"}, {"KEY": "same"}).variables == {"KEY": "same"}


@pytest.mark.parametrize(
    ("fields", "expected", "variables"),
    [
        ({"api_key": "${KEY:-a-real-key-here}"}, {"api_key": "${KEY}"}, {"KEY": "a-real-key-here"}),
        ({"api_key": "${SET:-a-real-key-here}"}, {"api_key": "${SET}"}, {}),
        ({"api_key": "${CAME:-a-real-key-here}"}, {"api_key": "${CAME}"}, {"CAME": "from its .env"}),
        ({"api_key": "${KEY:-none}"}, {"api_key": "${KEY:-none}"}, {}),
        ({"api_key": "abcdefgh$SET"}, {"api_key": "$A_API_KEY"}, {"A_API_KEY": "abcdefghhere"}),
        ({"headers": {"Authorization": "Bearer $T"}}, {"headers": {"Authorization": "Bearer $T"}}, {}),
        ({"proxy": "http://me:pw@$SET:1"}, {"proxy": "$A_PROXY"}, {"A_PROXY": "http://me:pw@here:1"}),
        ({"proxy": "http://me:$PW@proxy:1"}, {"proxy": "http://me:$PW@proxy:1"}, {}),
        ({"api_base_url": "https://h/v1?key=$K"}, {"api_base_url": "https://h/v1?key=$K"}, {}),
    ],
)
def test_a_key_beside_a_variable_is_one(fields: JsonObject, expected: JsonObject, variables: dict[str, str]) -> None:
    separated = separate({"Providers": [{"name": "a", **fields}]}, {"CAME": "from its .env"}, {"SET": "here"})
    assert separated.value == {"Providers": [{"name": "a", **expected}]}
    assert separated.variables == variables


def test_the_clients_key_is_not_called_as_a_providers() -> None:
    separated = separate({"APIKEY": "$ANTHROPIC_API_KEY"}, {"ANTHROPIC_API_KEY": "k"}, {})
    assert separated.value == {"APIKEY": "$CCR_APIKEY"}
    assert separated.variables == {"CCR_APIKEY": "k"}


def test_the_text_reads_back_as_it_was_meant() -> None:
    value: JsonObject = {
        "PORT": 8082,
        "Providers": [
            {"name": "a", "models": ["m" * 50, "n" * 50, "o" * 50], "transformer": {"use": [["x", {"y": 1}]]}}
        ],
        "Router": {"default": "a,m"},
        "empty": {},
        "list": [],
        "text": 'a "quoted" \\ text',
    }
    text = config_as_text(value, ["One.", "Two."])
    assert text.startswith("// One.\n// Two.\n{\n")
    assert value_of(text) == value
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("value", ["plain", "with space", 'q"uote', "do$llar", "back\\slash", "a\nb", "#no", ""])
def test_a_variable_reads_back_as_it_was_meant(value: str) -> None:
    text = with_variables("OLD=1", {"OLD": "1", "NEW": value})
    assert parse_dotenv(text, Path("/.env")).variables == {"OLD": "1", "NEW": value}
    assert text.startswith("OLD=1\nNEW=")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A=1\nKEY=old\nB=2\n", "A=1\nKEY=new\nB=2\n"),
        ("# mine\n  export KEY = old  # since May\nB=2", "# mine\n  export KEY=new  # since May\nB=2"),
        ('KEY="old\nand more" # x\nB=2\n', "KEY=new # x\nB=2\n"),
        ("KEY='old'\r\nB=2\r\n", "KEY=new\r\nB=2\r\n"),
        ("KEY=first\nKEY=old\n", "KEY=first\nKEY=new\n"),  # the last one counts
        ("\ufeffKEY=\n", "\ufeffKEY=new\n"),
        ("#KEY=old\nMY_KEY=old", "#KEY=old\nMY_KEY=old\nKEY=new\n"),
        ("KEY=new\r\n", "KEY=new\r\n"),
    ],
)
def test_a_new_value_takes_the_place_of_the_old(before: str, after: str) -> None:
    text = with_variables(before, {"KEY": "new"})
    assert text == after
    assert parse_dotenv(text, Path("/.env")).variables["KEY"] == "new"


def taken(folder: Path, text: str, name: str = "old.json") -> Taken:
    (folder / "from").mkdir(exist_ok=True)
    (folder / "from" / name).write_text(text)
    return take(folder / "from" / name, folder / "home" / "config.json", {})


def test_a_config_of_ours_keeps_its_comments(tmp_path: Path) -> None:
    providers = 'Providers: [{ name: "a", api_key: "secret", models: ["m"] }], // end'
    text = f'{{\n  // mine\n  {providers}\n  CUSTOM_ROUTER_PATH: "r.py",\n}}\n'
    found = taken(tmp_path, text)
    assert found.source == OWN
    assert found.text == text.replace('"secret"', '"$A_API_KEY"').replace('"r.py"', f'"{tmp_path}/from/r.py"')
    assert found.variables == {"A_API_KEY": "secret"}


def test_texts_for_hints_are_found_from_the_new_folder(tmp_path: Path) -> None:
    text = '{ "hints": { "enabled": false, "files": { "qwen": "q.md", "glm": "/abs.md" } }, "Providers": [] }'
    assert taken(tmp_path, text).text == text.replace('"q.md"', f'"{tmp_path}/from/q.md"')


LEFTOVERS = """{
  // old: sk-or-v1-0123456789abcdef
  Providers: [
    // { name: "groq", api_key: "groqs-secret", models: ["x"] },
    { name: "a", api_key: "secret-of-a", models: ["m"] }, /* was secret-of-a
      api_key: 'block-secret' */
  ],
  PROXY_URL: "http://u:pw@h:1", // http://me:hunter2@proxy:1
  Router: { default: "a,m" } // TOKEN=trailing
}"""


def test_a_key_in_a_comment_is_not_taken_over(tmp_path: Path) -> None:
    found = taken(tmp_path, LEFTOVERS)
    assert found.text == (
        LEFTOVERS.replace("sk-or-v1-0123456789abcdef", "****")
        .replace("groqs-secret", "****")
        .replace('"secret-of-a"', '"$A_API_KEY"')
        .replace("was secret-of-a", "was $A_API_KEY")
        .replace("block-secret", "****")
        .replace("http://u:pw@h:1", "$PROXY_URL")
        .replace("me:hunter2", "****")
        .replace("trailing", "****")
    )
    assert found.variables == {"A_API_KEY": "secret-of-a", "PROXY_URL": "http://u:pw@h:1"}
    assert [problem.line for problem in found.problems] == [2, 4, 6, 8, 9]
    assert {problem.message for problem in found.problems} == {
        "a key in a comment is not taken over (**** is in its place)"
    }


def test_what_a_second_one_of_its_name_hides_is_not_taken_over(tmp_path: Path) -> None:
    text = "{ // mine\n Providers: [{ name: 'a', api_key: 'first', api_key: 'second' }], Router: {}, Router: {b: 'x'} }"
    found = taken(tmp_path, text)
    assert "first" not in found.text
    assert found.variables == {"A_API_KEY": "second"}
    assert found.problems[-1].message == "its comments are not taken over, as something is given twice in it"


def test_yaml_becomes_json5(tmp_path: Path) -> None:
    found = taken(tmp_path, "Providers: [{name: a, api_key: secret}]\nRouter: {default: 'a,m'}\n", "config.yaml")
    assert value_of(found.text) == {
        "Providers": [{"name": "a", "api_key": "$A_API_KEY"}],
        "Router": {"default": "a,m"},
    }


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no file to take over here"):
        take(tmp_path / "none.json", tmp_path / "config.json", {})
    with pytest.raises(ConfigError, match=r"old\.json:1:2"):
        taken(tmp_path, "{]")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_put_in_place_with_its_keys(tmp_path: Path) -> None:
    found = taken(tmp_path, "OPENAI_API_KEY=secret\n", ".env")
    done = put(found)
    home = tmp_path / "home"
    assert (done.backup, done.dotenv) == (None, home / ".env")
    assert (home / "config.json").read_text() == found.text
    assert (home / ".env").read_text() == "OPENAI_API_KEY=secret\n"
    assert (mode(home / ".env"), mode(home / "config.json"), mode(home)) == (0o600, 0o600, 0o700)
    again = put(found)
    assert (again.backup, again.dotenv) == (None, None)


def test_what_was_there_is_kept(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.json").write_text("{}")
    (home / ".env").write_text("# mine\nOPENAI_API_KEY=other")
    (home / ".env").chmod(0o644)
    found = taken(tmp_path, "OPENAI_API_KEY=secret\n", ".env")
    done = put(found)
    assert done.backup is not None
    assert done.backup.read_text() == "{}"
    assert (home / ".env").read_text() == "# mine\nOPENAI_API_KEY=other\nOPENAI_API_KEY_2=secret\n"
    assert mode(home / ".env") == 0o600
    assert "$OPENAI_API_KEY_2" in (home / "config.json").read_text()


def test_where_the_config_cannot_be_written_nothing_is(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".env").write_text("A=1\n")
    (home / "config.json").symlink_to(tmp_path / "gone" / "config.json")
    with pytest.raises(ConfigError, match="something else is in its place"):
        put(taken(tmp_path, "OPENAI_API_KEY=secret\n", ".env"))
    assert (home / ".env").read_text() == "A=1\n"
    assert sorted(path.name for path in home.iterdir()) == [".env", "config.json"]
