"""The top-level `tests` of a config: requests in outline, and where they must go."""

from ccrouter.config.document import child
from ccrouter.config.report import did_you_mean
from ccrouter.config.targets import Names
from ccrouter.config.types import EVERY_SCENARIO, RequestOutline, RoutingTest
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str

PLAIN = RequestOutline()


def read_tests(value: Json, names: Names) -> tuple[RoutingTest, ...]:
    """The entries of `tests`; what is wrong with one is reported."""
    tests: list[RoutingTest] = []
    for index, entry in enumerate(as_list(value) or ()):
        fields, pointer = as_object(entry), child("/tests", index)
        if fields is not None:
            tests.append(_read_test(fields, pointer, names))
    return tuple(tests)


def _read_test(fields: JsonObject, pointer: str, names: Names) -> RoutingTest:
    report = names.report
    route, written = as_str(fields.get("route")), as_str(fields.get("target"))
    if route is None and written is None:
        fix = 'Say where it must go: "route": "think", or "target": "provider,model", or both'
        report.error("the test expects nothing", fix, pointer=pointer)
    if route is not None and route not in EVERY_SCENARIO:
        fix = did_you_mean(route, EVERY_SCENARIO)
        report.error(f'there is no route "{route}"', fix, pointer=child(pointer, "route"))
    target = names.target(written, child(pointer, "target")) if written is not None else None
    line, column = report.position(pointer)
    return RoutingTest(
        request=_read_outline(as_object(fields.get("request")) or {}),
        route=route,
        target=target,
        name=as_str(fields.get("name")) or "",
        pointer=pointer,
        line=line,
        column=column,
    )


def _read_outline(fields: JsonObject) -> RequestOutline:
    thinking = fields.get("thinking")
    if isinstance(thinking, bool):
        thinking = "enabled" if thinking else "disabled"
    headers = as_object(fields.get("headers")) or {}
    return RequestOutline(
        model=as_str(fields.get("model")) or PLAIN.model,
        text=as_str(fields.get("text")) or PLAIN.text,
        system=as_str(fields.get("system")),
        tokens=as_int(fields.get("tokens")),
        last_tokens=as_int(fields.get("last_tokens")),
        tools=tuple([name for name in as_list(fields.get("tools")) or () if isinstance(name, str)]),
        image=fields.get("image") is True,
        plan=fields.get("plan") is True,
        thinking=as_str(thinking),
        effort=as_str(fields.get("effort")),
        headers={name.lower(): value for name, value in headers.items() if isinstance(value, str)},
    )
