"""From py-spy's samples to a picture and the costs."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.costs import COSTS, LOOP, REST, cost_of, shares
from bench.flames import function, read, svg
from bench.peers.base import ROOT

WAY_IN = "<module> (ccr:1);main (ccrouter/cli.py:158);Runner.run (asyncio/runners.py:86)"
RAW = f"""{WAY_IN} 50
{WAY_IN};Gateway.plan (ccrouter/gateway/gateway.py:146);parse_body (ccrouter/dialects/anthropic/body.py:27) 30
{WAY_IN};Gateway.plan (ccrouter/gateway/gateway.py:146);parse_body (ccrouter/dialects/anthropic/body.py:30) 15
{WAY_IN};handle (ccrouter/server/messages.py:22);StreamResponse._start (aiohttp/web_response.py:4);f (x.py:1) 5
Thread._bootstrap (threading.py:988);_worker (concurrent/futures/thread.py:69) 900
"""


def test_reads_samples_without_the_way_into_the_loop_and_without_waiting_threads():
    samples = read(RAW)
    plan = "Gateway.plan (ccrouter/gateway/gateway.py)"
    assert samples[()] == 50
    assert samples[(plan, "parse_body (ccrouter/dialects/anthropic/body.py)")] == 45
    assert sum(samples.values()) == 100


def test_no_path_of_the_machine_is_kept():
    assert function("load (/home/someone/project/secret/plugin.py:7)") == "load (secret/plugin.py)"
    assert function(r"load (C:\Users\someone\plugin.py:7)") == "load (someone/plugin.py)"
    assert function("a.<locals>.b (aiohttp/web.py)") == "a.<locals>.b (aiohttp/web.py)"
    assert function("[native]") == "[native]"


def test_the_innermost_function_with_a_row_takes_what_it_calls():
    assert [(share.cost.name, share.part) for share in shares(read(RAW))] == [
        ("event loop and sockets", 0.5),
        ("reading the request's body", 0.45),
        ("aiohttp's server", 0.05),
    ]
    assert shares(read(RAW))[1].functions == ("parse_body",)
    assert cost_of(()) is LOOP
    assert cost_of(("join (posixpath.py)",)) is REST


def test_the_longer_start_of_a_file_wins():
    assert cost_of(("f (ccrouter/dialects/openai_chat/events.py)",)).name == "the answer's translation"
    assert cost_of(("f (ccrouter/dialects/openai_chat/tools.py)",)).name == "the request in the upstream's words"


@pytest.mark.parametrize("start", [start for cost in COSTS for start in cost.files if start.startswith("ccrouter/")])
def test_every_row_names_files_that_are_there(start: str):
    folder, _, name = start.rpartition("/")
    assert [path for path in Path(ROOT, folder).iterdir() if path.name.startswith(name)]


def test_the_picture_is_svg_with_a_box_for_each_function():
    picture = ElementTree.fromstring(svg(read(RAW), "a < b"))
    titles = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[0] == "event loop: 100.0%"
    assert "parse_body (ccrouter/dialects/anthropic/body.py): 45.0%" in titles
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "a < b"
    assert "Gateway.plan" in texts
