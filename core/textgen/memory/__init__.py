"""Who remembers what: the experiments with four language models.

`markup` whose tags must be closed, and `stories` that are asked about, are what the models learn
from; `language_models` are the models, `questions` what each is asked; `train` makes the bundle.
"""
