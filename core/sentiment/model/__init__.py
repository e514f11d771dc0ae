"""The models of reviews, each with its configuration.

The lesson's nets (`lesson`), two nets whose logits are sums of n-grams (`max_cnn`, `region`), what
they are made of (`layers`), and the linear model (`nbsvm`), which needs no JAX.
"""
