"""A preset's `manifest.json`: a configuration of its own, with a description, served beside the main one.

CCR's format (ccr-behaviour.md 5.5): the fields of a config and those of a description side by side, and a `schema` of
questions whose answers (`userValues`) stand in the config as `#{id}`. A preset may come from anybody: it brings
providers and routes, and neither runs code nor reads files here.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ccrouter.config.document import Document, child
from ccrouter.config.problems import Problem
from ccrouter.config.report import fold
from ccrouter.config.schema import load_schema
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str

MANIFEST: Final = "manifest.json"
PRESET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a preset may be called: it is a folder, a part of a URL and a word on the command line."""

DESCRIPTION = (
    "name", "version", "description", "author", "homepage", "repository", "license", "keywords", "ccrVersion",
    "source", "sourceType", "checksum",
)  # fmt: skip
DYNAMIC = ("schema", "template", "configMappings", "userValues")
LAUNCH = ("claudeCodeSettings", "noServer")
CONFIGURED = (
    "$schema", "Providers", "Router", "groups", "aliases", "tiers", "fallback", "retries", "cooldown", "rescue",
    "search", "API_TIMEOUT_MS", "PROXY_URL", "HTTPS_PROXY", "NON_INTERACTIVE_MODE",
)  # fmt: skip
"""The fields of a config that a preset may have. All others belong to the machine, run code or read files."""

ANSWER = re.compile(r"#\{([A-Za-z_][A-Za-z0-9_-]*)\}")
STEP = re.compile(r"[^.\[\]]+")


@frozen
class Question:
    """One item of a manifest's `schema`."""

    id: str
    type: str = "password"
    label: str = ""
    default: Json = None
    required: bool = True
    options: tuple[str, ...] = ()

    @property
    def secret(self) -> bool:
        """True when the answer must not be shown, nor stand in the manifest."""
        return self.type == "password"


def questions_of(manifest: JsonObject) -> tuple[Question, ...]:
    """What a manifest wants to be told; items without an id are passed over."""
    questions: list[Question] = []
    for item in as_list(manifest.get("schema")) or ():
        fields = as_object(item) or {}
        name = as_str(fields.get("id"))
        if not name:
            continue
        options = [_option(option) for option in as_list(fields.get("options")) or ()]
        questions.append(
            Question(
                name,
                as_str(fields.get("type")) or "password",
                as_str(fields.get("label")) or as_str(fields.get("prompt")) or name,
                fields.get("defaultValue"),
                fields.get("required") is not False,
                tuple(option for option in options if option is not None),
            )
        )
    return tuple(questions)


def _option(option: Json) -> str | None:
    return as_str(option) or as_str((as_object(option) or {}).get("value"))


def configuration_of(document: Document) -> tuple[Document, list[Problem]]:
    """The document of a manifest as that of a config: answers put in, the description taken out."""
    manifest = as_object(document.value)
    if manifest is None:
        return document, []
    answered = _with_answers(manifest)
    wanted = {fold(name) for name in CONFIGURED} | {"modelproviders", "fallbacks"}
    silent = {fold(name) for name in (*DESCRIPTION, *DYNAMIC, *LAUNCH)} | {
        fold(item.id) for item in questions_of(manifest)
    }
    known = {fold(name) for name in load_schema()["properties"]}
    problems: list[Problem] = []
    for name in answered:
        if fold(name) in wanted | silent:
            continue
        message = f'"{name}" has no effect in a preset'
        why = "It belongs to the machine" if fold(name) in known else "A preset sets no variables"
        problems.append(document.problem("warning", message, why, pointer=child("", name), key=True))
    return replace(document, value={name: item for name, item in answered.items() if fold(name) in wanted}), problems


def _with_answers(manifest: JsonObject) -> JsonObject:
    """CCR's order: the template (or the manifest) with `#{id}` put in, then `configMappings`, then paths."""
    answers: dict[str, Json] = {item.id: item.default for item in questions_of(manifest) if item.default is not None}
    answers |= as_object(manifest.get("userValues")) or {}
    template = as_object(manifest.get("template"))
    rest = {name: item for name, item in manifest.items() if name not in DYNAMIC}
    filled = as_object(_filled({**rest, **(template or {})}, answers)) or {}
    for entry in as_list(manifest.get("configMappings")) or ():
        mapping = as_object(entry) or {}
        target = as_str(mapping.get("target"))
        if target is not None and _holds(mapping.get("when"), answers):
            filled = _set(filled, STEP.findall(target), _filled(mapping.get("value"), answers))
    for path, value in answers.items():
        if "." in path or "[" in path:
            filled = _set(filled, STEP.findall(path), value)
    return filled


def _filled(value: Json, answers: Mapping[str, Json]) -> Json:
    if isinstance(value, str):
        whole = ANSWER.fullmatch(value)
        if whole is not None:
            return answers.get(whole[1], "")
        return ANSWER.sub(lambda found: _text(answers.get(found[1])), value)
    if isinstance(value, list):
        return [_filled(item, answers) for item in value]
    if isinstance(value, dict):
        return {name: _filled(item, answers) for name, item in value.items()}
    return value


def _text(value: Json) -> str:
    return "" if value is None else str(value)


def _set(value: JsonObject, steps: list[str], new: Json) -> JsonObject:
    """`value` with what is at the path replaced; a path that leads nowhere changes nothing."""
    changed = _put(value, steps, new)
    return as_object(changed) or value


def _put(value: Json, steps: list[str], new: Json) -> Json:
    if not steps:
        return new
    first, rest = steps[0], steps[1:]
    if isinstance(value, list):
        at = int(first) if first.isdecimal() else -1
        return [_put(item, rest, new) if index == at else item for index, item in enumerate(value)]
    fields = value if isinstance(value, dict) else {}
    return {**fields, first: _put(fields.get(first), rest, new)}


def _holds(conditions: Json, answers: Mapping[str, Json]) -> bool:
    """CCR's `when`: one condition, or a list of which all must hold."""
    entries = conditions if isinstance(conditions, list) else [conditions] if conditions is not None else []
    return all(_condition(as_object(entry) or {}, answers) for entry in entries)


def _condition(entry: JsonObject, answers: Mapping[str, Json]) -> bool:
    given, wanted = answers.get(as_str(entry.get("field")) or ""), entry.get("value")
    among = as_list(wanted) or []
    match as_str(entry.get("operator")) or "eq":
        case "eq":
            return given == wanted
        case "ne":
            return given != wanted
        case "in":
            return given in among
        case "nin":
            return given not in among
        case "exists":
            return (given is not None) is (wanted is not False)
        case operator:
            return _compared(operator, given, wanted)


def _compared(operator: str, given: Json, wanted: Json) -> bool:
    if not isinstance(given, int | float) or not isinstance(wanted, int | float):
        return False
    return {"gt": given > wanted, "lt": given < wanted, "gte": given >= wanted, "lte": given <= wanted}.get(
        operator, False
    )
