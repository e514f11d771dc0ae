"""Latent Lab's core: readers, models, training and explorers, free of any user interface.

Letters of array dimensions, the same in every docstring:

B batch, T time, V vocabulary, E embedding, H hidden, F factors, U users, I items, R ratings, S
seeds, K components, N points.
"""
