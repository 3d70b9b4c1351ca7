"""`python -m ccrouter`: the same as the `ccr` script; the daemon is spawned this way."""

from ccrouter.entry import main

if __name__ == "__main__":
    main()
