"""The map behind the dots of 'Customers on the map': tiles that Superset itself serves, so that no key and no other
server is needed. Drawn from atlas.json, which scripts/superset-atlas.ts makes."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from flask import Blueprint, Response, abort
from PIL import Image, ImageDraw

TILE_PIXELS = 256
# Drawn so many times as large and made smaller, which smooths the edges.
OVERSAMPLING = 2
ZOOM_MAX = 16
# Mercator's map ends here, as it is a square.
LATITUDE_MAX = 85.0511287798
TILES_KEPT = 2048

SEA = (222, 232, 240)
LAND = (244, 244, 240)
COUNTRY = (252, 252, 250)
BORDERS = (198, 204, 210)

Point = tuple[float, float]


class Shape(NamedTuple):
    """A line or a ring in the world's square (0 to 1, from the north-west), and the box around it."""

    points: list[Point]
    west: float
    north: float
    east: float
    south: float


class Atlas(NamedTuple):
    """Polygons are rings: the edge first, then the holes."""

    land: list[list[Shape]]
    country: list[list[Shape]]
    borders: list[Shape]


def project(longitude: float, latitude: float) -> Point:
    """Web Mercator (EPSG:3857), in the world's square."""
    clamped = math.radians(max(-LATITUDE_MAX, min(LATITUDE_MAX, latitude)))
    return longitude / 360 + 0.5, 0.5 - math.log(math.tan(math.pi / 4 + clamped / 2)) / (2 * math.pi)


def read_atlas(path: Path) -> Atlas:
    content = json.loads(path.read_text(encoding="utf-8"))
    units = content["units_per_degree"]

    def shape(line: list[int]) -> Shape:
        points = [project(x / units, y / units) for x, y in zip(line[::2], line[1::2])]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return Shape(points, min(xs), min(ys), max(xs), max(ys))

    def polygons(name: str) -> list[list[Shape]]:
        return [[shape(ring) for ring in rings] for rings in content[name]]

    return Atlas(polygons("land"), polygons("country"), [shape(line) for line in content["borders"]])


@lru_cache(maxsize=1)
def atlas() -> Atlas:
    return read_atlas(Path(__file__).with_name("atlas.json"))


@lru_cache(maxsize=TILES_KEPT)
def draw_tile(zoom: int, column: int, row: int) -> bytes:
    """A tile as PNG. Source of the scheme: OpenStreetMap, Slippy map tilenames."""
    tiles = 2**zoom
    pixels = TILE_PIXELS * OVERSAMPLING
    image = Image.new("RGB", (pixels, pixels), SEA)
    draw = ImageDraw.Draw(image)

    def is_seen(shape: Shape) -> bool:
        return (
            shape.east * tiles >= column
            and shape.west * tiles <= column + 1
            and shape.south * tiles >= row
            and shape.north * tiles <= row + 1
        )

    def placed(shape: Shape) -> list[Point]:
        return [((x * tiles - column) * pixels, (y * tiles - row) * pixels) for x, y in shape.points]

    for polygons, colour in ((atlas().land, LAND), (atlas().country, COUNTRY)):
        for edge, *holes in polygons:
            if not is_seen(edge):
                continue
            draw.polygon(placed(edge), fill=colour)
            for hole in filter(is_seen, holes):
                draw.polygon(placed(hole), fill=SEA)
    for border in filter(is_seen, atlas().borders):
        draw.line(placed(border), fill=BORDERS, width=OVERSAMPLING, joint="curve")

    png = BytesIO()
    image.resize((TILE_PIXELS, TILE_PIXELS), Image.Resampling.LANCZOS).save(png, "PNG", optimize=True)
    return png.getvalue()


daybook_map = Blueprint("daybook_map", __name__)


@daybook_map.get("/daybook-map/<int:zoom>/<int:column>/<int:row>.png")
def tile(zoom: int, column: int, row: int) -> Response:
    if zoom > ZOOM_MAX or column >= 2**zoom or row >= 2**zoom:
        abort(404)
    return Response(
        draw_tile(zoom, column, row), mimetype="image/png", headers={"Cache-Control": "public, max-age=86400"}
    )
