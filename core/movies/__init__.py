"""Movies: collaborative filtering of MovieLens ratings, its biases, factors and predictions."""
