"""Binary PPM and PGM whose highest number is not 255: Pillow decodes them number by number, 12 megapixels in a minute."""

import numpy as np
from PIL import Image, ImageFile

SLOW, BY_ROWS = "ppm", "ppm rows"  # Pillow's name for its own decoder, and the name of this one
_NUMBERS_AT_A_TIME = 1 << 20


class _Decoder(ImageFile.PyDecoder):
    """Gives the same pixels as Pillow's."""

    _pulls_fd = True

    def decode(self, buffer: object) -> tuple[int, int]:
        assert self.fd is not None
        highest, grey = self.args[-1], self.mode == "I"
        stored = np.dtype(">u2" if highest > 255 else "u1")
        full, kind = (65535, np.dtype("<u4")) if grey else (255, np.dtype("u1"))
        table = np.minimum(np.rint(np.arange(256**stored.itemsize) / highest * full), full).astype(kind)
        numbers = np.empty(self.state.xsize * self.state.ysize * Image.getmodebands(self.mode), kind)
        for start in range(0, len(numbers), _NUMBERS_AT_A_TIME):
            part = numbers[start : start + _NUMBERS_AT_A_TIME]
            content = self.fd.read(len(part) * stored.itemsize)
            if len(content) < len(part) * stored.itemsize:
                raise ValueError("not enough image data")
            part[:] = table[np.frombuffer(content, stored)]
        self.set_as_raw(numbers.tobytes(), "I;32" if grey else self.mode)
        return -1, 0


Image.register_decoder(BY_ROWS, _Decoder)
