"""`make prices`: write ccrouter/data/prices.json anew from the installed genai-prices (a development dependency)."""

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import ccrouter
from tests.prices.library import table_text

FILE = Path(ccrouter.__file__).parent / "data" / "prices.json"


def main() -> None:
    """Write the table and say what it holds."""
    text = table_text(datetime.now(UTC), version("genai-prices"))
    FILE.write_text(text, encoding="utf-8")
    print(f"{FILE.name}: {text.count(chr(10))} lines, {len(text.encode())} bytes")


if __name__ == "__main__":
    main()
