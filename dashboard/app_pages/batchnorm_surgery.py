"""Batch norm is put into a trained net: does the net notice?"""

from dashboard import resources, theme, view_state
from dashboard.components import missing, own_photo, page, provenance, surgery_views, width

before, after = (
    theme.mse(provenance.lesson_row(row)["value"])
    for row in ("batchnorm-loss-before", "batchnorm-loss")
)
page.header(
    "Batch norm is put into a trained net: does the net notice?",
    "A new layer between two old ones must hand on what it gets. The lesson’s notebook says that "
    f"its net stays the same, and prints a loss that goes from {before} to {after}.",
)
view = view_state.page(surgery_views.PAGE)
with missing.guard():
    models = resources.surgery_models()
recipe, operation = surgery_views.choose(view, models)
model = models[operation.net]
with missing.guard():
    results = surgery_views.operate(operation)
surgery_views.outcome(recipe, operation, results)
view.experiments(surgery_views.experiments(models))
surgery_views.values(view, results, recipe)
own_photo.draw(view, model, operation, recipe)
with page.details("The recipes, and how it is measured"):
    surgery_views.explain(recipe, model)
view.share()
width.ask(surgery_views.KEY)
provenance.footer(model.bundle, beside="batchnorm-loss", metric="exact_accuracy")
