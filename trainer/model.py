"""CifarNet: four convolutional blocks with residual shortcuts, about 3.5 M parameters. Knows nothing of training."""

from typing import Any

import torch
from torch import Tensor, nn

WIDTHS = (64, 128, 256, 384)
DEPTHS = (2, 2, 2, 2)
WHITENED = 24


class Stem(nn.Module):
    """2x2 patches of colours -> 24 decorrelated channels of the same height and width, then an activation.

    The filters are set from the training pictures once (trainer/whitening.py) and stay; the bias learns.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, WHITENED, 2)
        self.conv.weight.requires_grad_(False)
        nn.init.zeros_(self.conv.get_parameter("bias"))
        self.act = nn.LeakyReLU(0.1)

    def forward(self, x: Tensor) -> Tensor:
        # A row and a column of mean colour keep the size even, so that no pooling drops an edge.
        return self.act(self.conv(nn.functional.pad(x, (0, 1, 0, 1))))


class Block(nn.Module):
    """conv - pool - norm - act, then residual convolutions, each x + act(norm(conv(x))), then dropout.

    depth: how many convolutions, the first included. Pooling straight after the first one (as in airbench, arXiv
    2404.00498, section 3.1) keeps all others on the smaller map.
    """

    def __init__(self, inputs: int, outputs: int, depth: int, *, pool: bool, dropout: float) -> None:
        super().__init__()
        self.depth = depth
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.pool = nn.MaxPool2d(2) if pool else nn.Identity()
        self.norm1 = nn.BatchNorm2d(outputs)
        for number in range(2, depth + 1):
            self.add_module(f"conv{number}", nn.Conv2d(outputs, outputs, 3, padding=1, bias=False))
            self.add_module(f"norm{number}", nn.BatchNorm2d(outputs))
        self.act = nn.LeakyReLU(0.1)
        self.dropout = nn.Dropout(dropout)

    def layer(self, number: int) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
        """A convolution, counted from 1, and the norm that belongs to it."""
        return getattr(self, f"conv{number}"), getattr(self, f"norm{number}")

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.norm1(self.pool(self.conv1(x))))
        for number in range(2, self.depth + 1):
            conv, norm = self.layer(number)
            x = x + self.act(norm(conv(x)))
        return self.dropout(x)


class CifarNet(nn.Module):
    """Normalised RGB float [N, 3, H, W] -> logits float [N, classes]; H and W at least 8.

    widths, depths, dropout: of each block the channels, the convolutions and the probability; logit_scale: the constant
    that the head's output is multiplied with (recipes with a high learning rate need it below 1 to start learning);
    whitening: begin with a stem of fixed filters.
    """

    def __init__(
        self,
        classes: int,
        widths: tuple[int, int, int, int] = WIDTHS,
        dropout: tuple[float, float, float, float] = (0.2, 0.3, 0.4, 0.5),
        logit_scale: float = 1.0,
        *,
        whitening: bool = False,
        depths: tuple[int, int, int, int] = DEPTHS,
    ) -> None:
        super().__init__()
        self.logit_scale = logit_scale
        self.stem = Stem() if whitening else nn.Identity()
        inputs = (WHITENED if whitening else 3, *widths[:-1])
        self.blocks = nn.Sequential(
            *(
                Block(before, after, depth, pool=index < len(widths) - 1, dropout=probability)
                for index, (before, after, depth, probability) in enumerate(
                    zip(inputs, widths, depths, dropout, strict=True)
                )
            )
        )
        self.head = nn.Linear(widths[-1], classes)
        self._architecture = {
            "name": "cifarnet",
            "classes": classes,
            "widths": list(widths),
            "depths": list(depths),
            "dropout": list(dropout),
            "logit_scale": logit_scale,
            "whitening": whitening,
        }

    @property
    def architecture(self) -> dict[str, Any]:
        """Plain types; `build_network(architecture)` makes the same network again."""
        return dict(self._architecture)

    def features(self, x: Tensor) -> Tensor:
        """[N, 3, H, W] -> [N, widths[-1], H/8, W/8]"""
        return self.blocks(self.stem(x))

    def forward(self, x: Tensor) -> Tensor:
        pooled = nn.functional.adaptive_avg_pool2d(self.features(x), 1).flatten(1)
        return self.head(pooled) * self.logit_scale


def build_network(architecture: dict[str, Any]) -> CifarNet:
    """Rebuild the network that a checkpoint describes. Raises ValueError when it describes another one."""
    fields = dict(architecture)
    name = fields.pop("name", None)
    if name != "cifarnet":
        raise ValueError(f"unknown architecture {name!r}")
    try:
        return CifarNet(
            fields["classes"],
            tuple(fields["widths"]),
            tuple(fields["dropout"]),
            float(fields["logit_scale"]),
            # Older checkpoints do not name what all networks of their time had, or had not.
            whitening=bool(fields.get("whitening", False)),
            depths=tuple(fields.get("depths", (2, 2, 2, 2))),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"incomplete architecture ({error})") from error


def dirac_init(network: nn.Module) -> None:
    """Let the leading channels of each convolution start as the identity (Zagoruyko and Komodakis, arXiv 1706.00388)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.weight.requires_grad:
            with torch.no_grad():
                nn.init.dirac_(module.weight[: module.in_channels])
