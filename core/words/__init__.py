"""Words: where their vectors lie, who is near to whom, and how far a map can be trusted."""

GLOVE = "glove"  # the set that is read from GloVe's archive
OUR_VECTORS = ("sgns", "glove-reviews", "window")  # each the bundle words-NAME
VECTORS, MAPS = "vectors", "maps"  # what a bundle of this topic holds: config["content"]
