"""Training: configuration, batches, schedules and the fit itself. It knows Keras and callbacks, no pages."""
