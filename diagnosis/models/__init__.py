"""The model layer: variants, configurations, building, saving, the compiled forward pass."""
