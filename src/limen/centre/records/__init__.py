"""Records: append-only events in hash chains, and the states that are folded from them."""
