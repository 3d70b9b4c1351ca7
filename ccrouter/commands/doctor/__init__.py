"""`ccr doctor`: gathers facts about the machine, the config, Claude Code and the providers, and judges them.

Gathering (`gathering.py`, `providers.py`) does all the I/O; judging (`judging_*.py`) is pure.
"""
