"""A route as a config may write it: a target's name, or an object that also says what to change on the way."""

from typing import Final

from ccrouter.config.document import child
from ccrouter.config.targets import Names
from ccrouter.config.types import EFFORTS, UNCHANGED, Overrides, Route, TransformerUse
from ccrouter.config.uses import TransformerNames, read_use_list
from ccrouter.model.json import Json, JsonObject, as_int, as_object, as_str

ROUTE_FIELDS: Final = ("target", "effort", "max_tokens", "transformers")


def read_route_entry(value: Json, pointer: str, names: Names, transformers: TransformerNames | None) -> Route | None:
    """The route; None where none is written (empty text), or it is wrong and was reported.

    `transformers` None: the file may not name any.
    """
    fields = as_object(value)
    text = as_str(value if fields is None else fields.get("target"))
    place = pointer if fields is None else child(pointer, "target")
    if text is None:
        return None  # The schema check says so.
    if not text.strip():
        if fields is not None:
            names.report.error("must not be empty", "Write provider,model", pointer=place)
        return None
    target = names.target(text, place)
    overrides = UNCHANGED if fields is None else _read_overrides(fields, pointer, names, transformers)
    return None if target is None else Route(target, overrides)


def _read_overrides(fields: JsonObject, pointer: str, names: Names, transformers: TransformerNames | None) -> Overrides:
    written = as_str(fields.get("effort"))
    use: tuple[TransformerUse, ...] = ()
    place = child(pointer, "transformers")
    if transformers is not None:
        use = read_use_list(fields.get("transformers"), place, transformers, names.report)
    elif "transformers" in fields:
        fix = "They belong into the configuration itself"
        names.report.error("a file that lies over the configuration may not name transformers", fix, pointer=place)
    return Overrides(
        effort=next((effort for effort in EFFORTS if effort == written), None),
        max_tokens=as_int(fields.get("max_tokens")),
        use=use,
    )
