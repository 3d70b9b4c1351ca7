"""`ccr init`: from nothing to Claude Code at work, with what the machine has already."""
