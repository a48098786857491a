# SPDX-License-Identifier: GPL-2.0
"""Sphinx: `make docs`."""

project = "Tandem"
html_theme = "alabaster"
html_show_copyright = False
html_show_sphinx = False
