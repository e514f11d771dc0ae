"""t-SNE of words with exact gradients: affinities, descent, and how far a map can be trusted."""
