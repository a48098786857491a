# SPDX-License-Identifier: GPL-2.0
"""What charts have in common: colours, round steps of an axis, short numbers."""

import math

# Okabe and Ito: told apart with any colour vision, and in grey
COLOURS = ["#7f7f7f", "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"]

STEPS = 6


def step(most):
    """1, 2 or 5 times a power of ten, for at most STEPS steps up to most."""
    rough = (most or 1) / STEPS
    power = 10 ** math.floor(math.log10(rough))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= rough * 0.999)


def number(value):
    return "%.4g" % value if value >= 0.1 or not value else "%.2g" % value
