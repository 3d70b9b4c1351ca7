"""What a strict Gemini upstream refuses in `tools`, `toolConfig` and `generationConfig`."""

import re

from ccrouter.model.json import JsonObject, as_int, as_list, as_str
from tests.upstreams.gemini_models import ModelRules
from tests.upstreams.gemini_schema_rules import check_json_schema, check_subset
from tests.upstreams.refused import known, object_at, require

GENERATION = frozenset(
    {
        "stopSequences",
        "responseMimeType",
        "responseSchema",
        "responseJsonSchema",
        "responseModalities",
        "candidateCount",
        "maxOutputTokens",
        "temperature",
        "topP",
        "topK",
        "seed",
        "presencePenalty",
        "frequencyPenalty",
        "thinkingConfig",
        "mediaResolution",
    }
)
TOOLS = frozenset({"functionDeclarations", "googleSearch", "urlContext", "codeExecution", "fileSearch", "googleMaps"})
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}\Z")
MOST_STOPS = 5


def check_tools(body: JsonObject, rules: ModelRules) -> set[str]:
    tools = as_list(body.get("tools")) or []
    require("tools" not in body or tools, "tools must not be empty")
    names: set[str] = set()
    own: set[str] = set()
    for number, entry in enumerate(tools):
        where = f"tools[{number}]"
        tool = object_at(entry, where)
        known(tool, TOOLS, where)
        require(tool, f"{where} must have one tool")
        own |= tool.keys() - {"functionDeclarations"}
        for position, declared in enumerate(as_list(tool.get("functionDeclarations")) or ()):
            name = _check_declaration(object_at(declared, where), f"{where}.function_declarations[{position}]", rules)
            require(name not in names, f"Duplicate function declaration found: {name}")
            names.add(name)
    config = object_at(body.get("toolConfig", {}), "tool_config")
    known(config, frozenset({"functionCallingConfig", "includeServerSideToolInvocations"}), "tool_config")
    if names and own:
        require(rules.mixes_tools, "Tool use with function calling is unsupported")
        asked = config.get("includeServerSideToolInvocations") is True
        require(asked, "Please enable tool_config.include_server_side_tool_invocations")
    calling = config.get("functionCallingConfig")
    if calling is not None:
        require(names, "Function calling config is set without function_declarations.")
        _check_calling(object_at(calling, "tool_config.function_calling_config"), names)
    return names


def _check_declaration(declared: JsonObject, where: str, rules: ModelRules) -> str:
    known(declared, frozenset({"name", "description", "parameters", "parametersJsonSchema"}), where)
    name = as_str(declared.get("name")) or ""
    require(
        NAME.match(name),
        f"{where}.name: [FIELD_INVALID] Invalid function name. Must start with a letter or an underscore. Must be "
        "alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of "
        f"64. ({name!r})",
    )
    if "description" in declared:
        require(as_str(declared["description"]) is not None, f"{where}.description must be a string")
    require(
        not {"parameters", "parametersJsonSchema"} <= declared.keys(),
        f"{where}: parameters and parameters_json_schema are mutually exclusive",
    )
    if "parameters" in declared:
        schema = object_at(declared["parameters"], f"{where}.parameters")
        require(schema.get("type") == "object", f"{where}.parameters.type must be OBJECT")
        require(schema.get("properties"), f"{where}.parameters.properties: should be non-empty for OBJECT type")
        check_subset(schema, f"{where}.parameters")
    if "parametersJsonSchema" in declared:
        schema = object_at(declared["parametersJsonSchema"], f"{where}.parameters_json_schema")
        require(schema.get("type") == "object", f"{where}.parameters_json_schema must describe an object")
        check_json_schema(schema, f"{where}.parameters_json_schema")
    return name


def _check_calling(calling: JsonObject, names: set[str]) -> None:
    known(calling, frozenset({"mode", "allowedFunctionNames"}), "tool_config.function_calling_config")
    mode = calling.get("mode")
    require(mode in ("AUTO", "ANY", "NONE", "VALIDATED"), f"Invalid value at mode: {mode!r}")
    allowed = as_list(calling.get("allowedFunctionNames")) or []
    require(not allowed or mode in ("ANY", "VALIDATED"), "allowed_function_names should only be set with mode ANY")
    for name in allowed:
        require(name in names, f"allowed_function_names: {name!r} is not declared")


def check_generation(body: JsonObject, rules: ModelRules, *, has_functions: bool) -> None:
    config = object_at(body.get("generationConfig", {}), "generation_config")
    known(config, GENERATION, "generation_config")
    if "maxOutputTokens" in config:
        most = as_int(config["maxOutputTokens"]) or 0
        require(
            1 <= most <= rules.output_limit,
            f"Unable to submit request because it has a maxOutputTokens value of {most} but the supported range is "
            f"from 1 (inclusive) to {rules.output_limit + 1} (exclusive).",
        )
    temperature = config.get("temperature", 1)
    require(isinstance(temperature, int | float) and 0 <= temperature <= 2, "temperature must be in [0.0, 2.0]")
    stops = as_list(config.get("stopSequences")) or []
    require(len(stops) <= MOST_STOPS and all(stops), f"at most {MOST_STOPS} stop sequences, none of them empty")
    _check_thinking(object_at(config.get("thinkingConfig", {}), "generation_config.thinking_config"), rules)
    form = config.get("responseMimeType")
    require(form in (None, "text/plain", "application/json"), f"response_mime_type {form!r} is unknown")
    if form == "application/json" and has_functions:
        require(
            rules.json_with_functions, "Function calling with a response mime type: 'application/json' is unsupported"
        )
    for name in ("responseSchema", "responseJsonSchema"):
        if name in config:
            require(form == "application/json", f"{name} needs response_mime_type application/json")
    if "responseSchema" in config:
        check_subset(object_at(config["responseSchema"], "generation_config"), "generation_config.response_schema")
    if "responseJsonSchema" in config:
        schema = object_at(config["responseJsonSchema"], "generation_config")
        check_json_schema(schema, "generation_config.response_json_schema", answer=True)


def _check_thinking(config: JsonObject, rules: ModelRules) -> None:
    where = "generation_config.thinking_config"
    known(config, frozenset({"includeThoughts", "thinkingBudget", "thinkingLevel"}), where)
    require(
        not {"thinkingBudget", "thinkingLevel"} <= config.keys(),
        "You can only set only one of thinking budget and thinking level.",
    )
    if "thinkingLevel" in config:
        level = as_str(config["thinkingLevel"]) or ""
        require(rules.levels, "Thinking level is not supported for this model.")
        require(level in rules.levels, f"Thinking level {level} is not supported for this model.")
    if "thinkingBudget" in config:
        budget = as_int(config["thinkingBudget"])
        require(rules.budget is not None and budget is not None, "Thinking budget is not supported for this model.")
        assert rules.budget is not None
        assert budget is not None
        if budget == 0:
            require(rules.can_stop_thinking, "Budget 0 is invalid. This model only works in thinking mode.")
        elif budget != -1:
            fewest, most = rules.budget
            require(
                fewest <= budget <= most,
                f"The thinking budget {budget} is invalid. Please choose a value between {fewest} and {most}.",
            )
    if rules.budget is None and not rules.levels:
        require(not config, "Thinking is not supported by this model.")
