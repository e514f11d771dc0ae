"""Words: where their vectors lie, who is near to whom, and how far a map can be trusted."""

OUR_VECTORS = ("sgns", "glove-reviews", "window")  # each the bundle words-NAME
