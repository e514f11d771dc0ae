"""Batch norm is put into a trained net: does the net notice?"""

from dashboard import resources, view_state
from dashboard.components import missing, own_photo, page, provenance, surgery_views, width

page.header(
    "Batch norm is put into a trained net: does the net notice?",
    "A new layer between two old ones must hand on what it gets. The lesson’s notebook says that "
    "its net stays the same, and prints a loss that goes from 1.5168 to 4.7634.",
)
view = view_state.page(surgery_views.PAGE)
with missing.guard():
    model = resources.surgery_model()
recipe, operation = surgery_views.choose(view, model)
with missing.guard():
    results = surgery_views.operate(operation)
surgery_views.outcome(recipe, operation, results)
view.experiments(surgery_views.experiments(model))
surgery_views.values(view, results, recipe)
own_photo.draw(model, operation, recipe)
with page.details("The recipes, and how it is measured"):
    surgery_views.explain(recipe, model)
view.share()
width.ask(surgery_views.KEY)
provenance.footer(model.bundle, beside="batchnorm-loss", metric="exact_accuracy")
