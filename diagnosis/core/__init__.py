"""What every part may use: errors, paths, settings, strict JSON, escaping, intended use, executors."""
