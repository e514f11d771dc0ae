"""Sentiment: is a film review for or against, which words say so, and which model tells best."""

KIND = "sentiment"  # of the topic's bundles
MODELS = (  # each the bundle sentiment-NAME, in the order of the lesson, then beyond it
    "mlp",
    "cnn",
    "cnn-glove-tuned",
    "multicnn",
    "lstm",
    "nbsvm",
    "max-cnn",
    "ensemble",
)
SETTINGS = "settings"  # the bundle sentiment-settings is no model: it records what settings do
FORMER_NAMES = {  # of models, and their former titles, as links and scripts may have them
    "together": "ensemble",
    "CNN on GloVe, tuned, taught": "cnn-glove-tuned",
    "CNN of three sizes, taught": "multicnn",
}
