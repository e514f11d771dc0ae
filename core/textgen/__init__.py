"""Text generation: nets that read a text character by character, and write on."""

KIND = "textgen"  # of every bundle of this topic
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

LSTM, GRU, RNN = "lstm", "gru", "rnn"  # kinds of recurrent layers
NGRAM, WINDOW = "ngram", "window"
LANGUAGE_MODELS = (NGRAM, WINDOW, RNN, LSTM)  # what the bundle of memory compares

SUM, CONCATENATION = "sum", "concatenation"  # how the net of three steps merges
MERGES = (SUM, CONCATENATION)
N_STEPS = 3  # characters that it is given
