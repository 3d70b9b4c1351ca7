"""`make bench`: what the router costs, beside a bare pass-through and its peers, in one run on one machine."""
