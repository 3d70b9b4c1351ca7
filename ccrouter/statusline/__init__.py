"""`ccr statusline`: one line for Claude Code's prompt. See docs/statusline.md.

Claude Code runs it again and again while it works, so it must start quickly: these modules import nothing of ccrouter
and only what is cheap of the standard library (no dataclasses, typing, pathlib, http: each costs more than the rest
together). `tests/statusline/test_process.py` holds them to it.
"""
