"""Movies: collaborative filtering of MovieLens ratings, its biases, factors and predictions."""

DATA = "ml-latest-small-2016"  # the data set that models are trained on if none is named
