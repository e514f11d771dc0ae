"""Batch norm is put into a trained net: does the net notice?"""

from dashboard import resources, theme, view_state
from dashboard.app_pages.batchnorm_surgery import own_photo, views
from dashboard.components import experiments, missing, page, provenance, share, width

before, after = (
    theme.mse(provenance.lesson_row(row)["value"])
    for row in ("batchnorm-loss-before", "batchnorm-loss")
)
page.header(
    "Batch norm is put into a trained net: does the net notice?",
    "A new layer between two old ones must hand on what it gets. The lesson’s notebook says that "
    f"its net stays the same, and prints a loss that goes from {before} to {after}.",
)
view = view_state.page(views.PAGE)
with missing.guard():
    models = resources.surgery_models()
recipe, operation = views.choose(view, models)
model = models[operation.net]
with missing.guard():
    results = views.operate(operation)
views.outcome(recipe, operation, results)
experiments.draw(view, views.experiments(models))
views.values(view, results, recipe)
own_photo.draw(view, model, operation, recipe)
with page.details("The recipes, and how it is measured"):
    views.explain(recipe, model)
share.popover(view)
width.ask(views.KEY)
provenance.footer(model.bundle, beside="batchnorm-loss", metric="exact_accuracy")
