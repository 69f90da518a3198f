"""Turns the pinned YOLO checkpoint into TorchScript, as a program of its own.

Apart from the studio's process because importing ultralytics sets ``OMP_NUM_THREADS`` to 1,
patches ``torch.load`` and ``cv2.imread``, and writes settings files; here all of that ends
with the program. Run by :mod:`studio.adapters.yolo` with the environment it needs.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any


def trace(source: str, target: str) -> None:
    """Write the network without its decoding.

    Its outputs, with ``a`` anchors of the strides 8, 16, 32 one after the other:
    box distributions ``(n, 64, a)``, class logits ``(n, 80, a)``, mask coefficients
    ``(n, 32, a)``, mask prototypes ``(n, 32, h/4, w/4)``.

    Args:
        source: the ultralytics checkpoint.
        target: the TorchScript file.
    """
    import torch
    from ultralytics.nn.tasks import load_checkpoint

    class Raw(torch.nn.Module):  # type: ignore[misc,unused-ignore]
        def __init__(self, net: Any) -> None:
            super().__init__()
            self.net = net

        def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
            found = self.net(pictures)
            return tuple(found[k] for k in ("boxes", "scores", "mask_coefficient", "proto"))

    net, _ = load_checkpoint(source, device="cpu", fuse=True)
    raw = Raw(net.float().eval())
    net.model[-1].training = True  # the head then leaves its maps undecoded
    with torch.inference_mode():
        traced: Any = torch.jit.trace(  # type: ignore[no-untyped-call]
            raw, torch.zeros(1, 3, 64, 96), check_trace=False
        )
    traced.save(target)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    trace(sys.argv[1], sys.argv[2])
