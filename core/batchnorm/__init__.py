"""Batch norm: put into a net that was trained without it, so that nothing changes at first."""

DATA, WEIGHTS = "dogscats-sample", "squeezenet"  # data sets that bundles are made of
KIND = "batchnorm"  # of the topic's bundles
NETS = ("squeezenet", "vgg16")
SURGERY = "surgery"  # the bundle batchnorm-surgery: what each recipe does to a pre-trained net
TUNED_SURGERY = "surgery-tuned"  # the same with a net whose layers learned cats and dogs
SURGERIES = (SURGERY, TUNED_SURGERY)
SWEEP = "sweep"  # the bundle batchnorm-sweep: trainings over learning rates, with and without
BEST = (
    "best"  # the bundle batchnorm-best: the net with batch norm that classifies cats and dogs best
)
GROUPS = ("convolution", "relu", "both")  # places for batch norm, operated on together
CLASSES = ("cat", "dog")
LAST = ("fire9/concat",)  # the layers whose channels the head reads
LATE = ("fire7/concat", "fire8/concat", "fire9/concat")  # a smaller object speaks in earlier ones
PLAIN, WITH = "plain", "batch norm"
NETS_COMPARED = (PLAIN, WITH)
