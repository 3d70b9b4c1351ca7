"""`ccr test`: the routing tests of the config."""

import os
from pathlib import Path

import click
import orjson

from ccrouter.commands.locating import chosen_config, config_option
from ccrouter.commands.terminal import note
from ccrouter.config.problems import ConfigError, has_errors


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def test(context: click.Context, config: Path | None, as_json: bool) -> None:
    """Run the routing tests in the config's "tests": does each request go where it must?

    The exit code is 1 when one fails. The same tests keep a config that fails them from being started or reloaded.
    """
    from ccrouter.gateway.routing_tests import expected, name_of, result_json, run_tests
    from ccrouter.runtime import build_untested

    path = chosen_config(config)
    built = build_untested(path, os.environ)
    if built.service is None:
        raise ConfigError([problem for problem in built.problems if has_errors([problem])])
    results = run_tests(built.service)
    failed = sum(not result.passed for result in results)
    if as_json:
        told = {"passed": len(results) - failed, "failed": failed, "tests": [result_json(found) for found in results]}
        click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    else:
        for number, result in enumerate(results, 1):
            mark = click.style("pass", fg="green") if result.passed else click.style("FAIL", fg="red", bold=True)
            line = f" (line {result.test.line})" if result.test.line and not result.passed else ""
            click.echo(f"{mark}  {number}{name_of(result.test)}{line}: {result.given}")
            if not result.passed:
                click.echo(f"      expected {expected(result.test)}")
                trace = result.decision.considered if result.decision is not None else ()
                for rule, why in trace:
                    click.echo(click.style(f"      {rule}: {why}", dim=True))
        if results:
            click.echo(f"{len(results) - failed} of {len(results)} pass")
        else:
            note(f'{path} has no "tests". See docs/explain.md.')
    context.exit(1 if failed else 0)
