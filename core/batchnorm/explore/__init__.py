"""What pages and notebooks ask the topic for; importing any of it loads no training library.

`surgery` puts batch norm into a pre-trained net, `nets` classifies with the fine-tuned ones,
`sweep` has the trainings over learning rates, `layer` is one layer in NumPy.
"""

from core.batchnorm.data.decoding import MIDDLE, decode
from core.batchnorm.surgery import DEVIATION, EPSILON, EXACT, NOTEBOOK, RANDOM

__all__ = ["DEVIATION", "EPSILON", "EXACT", "MIDDLE", "NOTEBOOK", "RANDOM", "decode"]
