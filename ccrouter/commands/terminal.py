"""How the commands look: marks and colours on a terminal, plain text elsewhere."""

import sys

import click

RULE_WIDTH = 40


def mark(emoji: str) -> str:
    """`emoji` and a space where stdout is a terminal that can show it, else nothing."""
    if not sys.stdout.isatty():
        return ""
    try:
        emoji.encode(sys.stdout.encoding)
    except (UnicodeEncodeError, LookupError):
        return ""
    return f"{emoji} "


def title(emoji: str, text: str) -> None:
    """A headline with a rule below it."""
    click.echo()
    click.secho(f"{mark(emoji)}{text}", bold=True)
    click.secho(("═" if mark("═") else "-") * RULE_WIDTH, dim=True)


def fact(emoji: str, name: str, value: object, color: str | None = None) -> None:
    """`name: value`."""
    click.echo(f"{mark(emoji)}{name}: {click.style(str(value), fg=color, bold=True if color else None)}")


def good(text: str) -> None:
    """What went well."""
    click.echo(mark("✅") + click.style(text, fg="green"))


def note(text: str) -> None:
    """What the user should know, on stderr."""
    click.secho(text, err=True, fg="yellow")


def rows(table: list[tuple[str, ...]]) -> None:
    """Aligned columns, indented, the last one as long as it likes."""
    if not table:
        return
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]) - 1)]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo("   " + "  ".join([*cells, row[-1]]).rstrip())
