# SPDX-License-Identifier: GPL-2.0
"""Just enough SVG for a chart."""

from xml.sax.saxutils import escape, quoteattr

SIZE = 14
FONT = "'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif"


def text_width(text, size=SIZE):
    """An upper estimate: the font that will be used is not known."""
    return len(text) * size * 0.62


class Svg:
    def __init__(self, width, height, title):
        self.lines = [
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g"'
            ' font-family=%s role="img">' % (width, height, width, height, quoteattr(FONT)),
            "<title>%s</title>" % escape(title)]
        self.rect(0, 0, width, height, "#ffffff")

    def rect(self, x, y, width, height, fill, title=""):
        inside = "<title>%s</title>" % escape(title) if title else ""
        self.lines.append('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s">%s</rect>' %
                          (x, y, width, height, fill, inside))

    def line(self, x1, y1, x2, y2, stroke):
        self.lines.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>' %
                          (x1, y1, x2, y2, stroke))

    def text(self, x, y, text, size=SIZE, anchor="start", fill="#222", weight="normal"):
        self.lines.append('<text x="%.1f" y="%.1f" font-size="%d" text-anchor="%s" fill="%s"'
                          ' font-weight="%s">%s</text>' %
                          (x, y, size, anchor, fill, weight, escape(text)))

    def path(self, points, stroke):
        self.lines.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>' %
                          (" ".join("%.1f,%.1f" % point for point in points), stroke))

    def dot(self, x, y, fill, title):
        self.lines.append('<circle cx="%.1f" cy="%.1f" r="4" fill="%s" stroke="#fff">'
                          '<title>%s</title></circle>' % (x, y, fill, escape(title)))

    def __str__(self):
        return "\n".join([*self.lines, "</svg>", ""])
