"""`ccr model`: routes and models, seen and changed; full-screen, or one command for each action."""
