"""The HTTP server of the daemon."""

from ccrouter.upstream.late_authorities import aiohttp as aiohttp  # before any other import of aiohttp
