"""ccrouter: the router between Claude Code and the models people want to use."""

__version__ = "0.1.0"
