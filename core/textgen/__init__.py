"""Text generation: nets that read a text character by character, and write on."""

MODELS = (  # each the bundle textgen-NAME
    "nietzsche",
    "nietzsche-small",
    "nietzsche-windows",
    "nietzsche-gru",
    "nietzsche-rnn",
    "shakespeare-small",
)
MEMORY = "memory"  # the bundle textgen-memory: who remembers what
UNFOLDED = "unfolded"  # the bundle textgen-unfolded: three steps, written out
