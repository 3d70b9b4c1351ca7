"""The cost that some providers tell among the token counts, in every dialect they speak."""

from ccrouter.model.json import Json, JsonObject, as_object


def told_cost(usage: JsonObject) -> float | None:
    """OpenRouter's `cost`. With the user's own key at the maker (`is_byok`) it is OpenRouter's fee alone, and what the
    maker takes stands beside it. Perplexity's `cost` is an object and none of this.
    """
    if "cost" not in usage:
        return None
    cost = _amount(usage["cost"])
    if cost is None or usage.get("is_byok") is not True:
        return cost
    maker = _amount((as_object(usage.get("cost_details")) or {}).get("upstream_inference_cost"))
    return None if maker is None else cost + maker


def _amount(value: Json) -> float | None:
    """A sum of money; None for what is none. Python's JSON may hold infinity and NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1e6 else None
