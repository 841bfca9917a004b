"""A trained block with less to compute: each norm becomes part of the convolution before it.

In eval mode a norm is a scale and a shift per channel, and so is linear like the convolution. ONNX Runtime does the same
on its own where a norm follows directly; pooling between the two hides the first norm of a block from it, and an
activation that follows a pooling keeps its fast memory layout from being used. Here pooling comes last.
"""

from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from trainer.model import Block


def same_in_block(depth: int) -> dict[str, str]:
    """Layer of a fused block -> the layer of the trainer's block that gives the same (a module's second call is "NAME#2")."""
    found = {"pooled": "act"}
    for number in range(2, depth + 1):
        found |= {f"conv{number}_norm{number}": f"norm{number}", f"act{number}": f"act#{number}"}
    return found


class FusedBlock(nn.Module):
    """Block in eval mode without its norms and dropout: the same function up to rounding."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.depth = block.depth
        self.conv1_norm1 = fuse_conv_bn_eval(*block.layer(1))
        self.act1 = nn.LeakyReLU(block.act.negative_slope)
        self.pooled = block.pool
        for number in range(2, block.depth + 1):
            self.add_module(f"conv{number}_norm{number}", fuse_conv_bn_eval(*block.layer(number)))
            self.add_module(f"act{number}", nn.LeakyReLU(block.act.negative_slope))

    def forward(self, x: Tensor) -> Tensor:
        x = self.pooled(self.act1(self.conv1_norm1(x)))
        for number in range(2, self.depth + 1):
            conv, act = getattr(self, f"conv{number}_norm{number}"), getattr(self, f"act{number}")
            x = x + act(conv(x))
        return x


def fused(blocks: nn.Sequential) -> nn.Sequential:
    """The blocks, in eval mode, each fused where that is exact. The given ones are left as they are."""
    return nn.Sequential(*(_fused(block) for block in blocks))


def _fused(block: nn.Module) -> nn.Module:
    return FusedBlock(block) if isinstance(block, Block) and _may_pool_last(block) else block


def _may_pool_last(block: Block) -> bool:
    """The largest value stays the largest under a rising function: the activation rises, the norm where its scale is
    not negative."""
    return isinstance(block.pool, nn.Identity) or bool((block.norm1.weight >= 0).all())
