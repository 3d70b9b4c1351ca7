"""A provider's `prices`: what its models cost, where the list does not know it or somebody has other terms."""

from ccrouter.config.document import child
from ccrouter.config.provider_limits import read_number
from ccrouter.config.report import Report, did_you_mean
from ccrouter.config.routes import match_name
from ccrouter.config.types import ModelPrices
from ccrouter.model.json import Json, as_object

ALL_MODELS = "*"


def read_prices(value: Json, models: tuple[str, ...], report: Report, pointer: str) -> dict[str, ModelPrices]:
    """The prices by model; wrong types and missing ones are the schema check's to tell."""
    prices: dict[str, ModelPrices] = {}
    for name, entry in (as_object(value) or {}).items():
        fields = as_object(entry)
        if fields is None:
            continue
        place = child(pointer, name)
        model = name if name == ALL_MODELS else match_name(models, name)
        if model is None:
            fix = did_you_mean(name, [*models, ALL_MODELS])
            report.warning(f'no model of this provider is called "{name}"', fix, pointer=place, key=True)
        given = [read_number(fields, key, report, place) for key in ("input", "output", "cache_read", "cache_write")]
        if given[0] is not None and given[1] is not None:
            prices[model or name] = ModelPrices(given[0], given[1], given[2], given[3])
    return prices
