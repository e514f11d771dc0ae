"""Training, by the recipes that `presets` names.

`bundles` trains a net that writes, with `fitting` and `measuring`; `unfolded` that of three steps.
"""
