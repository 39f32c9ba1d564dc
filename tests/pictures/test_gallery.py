"""The page of clusters: what a browser finds in it."""

import base64
import html.parser
import io
import json

import numpy as np
from PIL import Image

from graphical_gan.pictures import gallery

NAME = '</script><b onclick="x">&\'\udcff.png'


class Page(html.parser.HTMLParser):
    """Tags, images by their name, the text of scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.images, self.scripts, self.text = [], {}, [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        found = dict(attributes)
        if tag == "img":
            _, _, content = found["src"].partition(";base64,")
            with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
                self.images[found["alt"]] = (picture.format, np.asarray(picture))
        else:
            assert not {"src", "href", "onclick"} & set(found)

    def handle_data(self, text):
        if self.tags[-1:] == ["script"]:
            self.scripts.append(text)
        self.text += text


def test_the_page_holds_everything_and_names_are_only_text():
    grey = np.arange(32, dtype=np.uint8).reshape(2, 4, 4, 1)
    colour = np.full((1, 4, 4, 3), (200, 10, 30), np.uint8)
    strips = {"<i>typical": gallery.Shown(grey, [NAME, "other"]), "drawn": gallery.Shown(colour, ["a sample"])}
    files = {"names": [NAME, "x" * 30], "cluster": [4, 4], "probability": [1.0, 0.5], "distance": [0.1, 2.0]}
    row = gallery.Row(4, ["12 images", "mostly <7>"], strips)
    content = b"".join(gallery.page("<title>", "of & by", [row], files))
    assert content.startswith(gallery.BEGINNING.encode())
    page = Page(content.decode())
    assert "b" not in page.tags and "i" not in page.tags and page.tags.count("section") == 1
    assert json.loads(page.scripts[0]) == files and "http" not in content.decode()
    for shown in ("<title>", "of & by", "12 images", "mostly <7>", "<i>typical"):
        assert shown in page.text
    assert page.images[NAME.replace("\udcff", "?")][0] == "PNG"
    np.testing.assert_array_equal(page.images["other"][1], grey[1, ..., 0])
    assert page.images["a sample"][0] == "JPEG"
    assert np.abs(page.images["a sample"][1].astype(int) - colour[0]).max() < 8
