"""Why a service did not start, from the daemon's log."""

from ccrouter.commands.service.starting import why_it_failed


def test_the_last_reason_counts_with_its_lines() -> None:
    lines = [
        "2026-11-30T14:00:00.000+00:00 ERROR ccrouter.daemon: an older one",
        "2026-11-30T14:00:01.000+00:00 INFO ccrouter.server: listening",
        "2026-11-30T14:00:02.000+00:00 ERROR ccrouter.daemon: It cannot be used:\\n  error: line 3",
        "    Traceback of something",
    ]
    assert why_it_failed(lines) == "It cannot be used:\n  error: line 3"


def test_other_lines_are_no_reason() -> None:
    assert why_it_failed(["2026-11-30T14:00:00.000+00:00 ERROR ccrouter.server: another", ""]) is None
