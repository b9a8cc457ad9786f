"""Parts that several pages use: pickers, charts, tables, the step cursor, escaped text."""
