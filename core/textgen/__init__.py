"""Text generation: nets that read a text character by character, and write on."""

TEXTS = ("nietzsche", "tinyshakespeare")
