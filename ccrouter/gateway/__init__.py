"""The life of a request, between the server and the upstreams."""
