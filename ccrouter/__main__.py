"""`python -m ccrouter`: the same as the `ccr` script; the daemon is spawned this way."""

from ccrouter.cli import main

if __name__ == "__main__":
    main()
