"""Glossary: every term that the pages use, with its equation, to be searched."""

from diagnosis.dashboard.shell import page

page.run("glossary")
