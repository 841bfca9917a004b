"""The desktop app: opens a deployment bundle and shows what the network thinks of a picture, with no PyTorch installed."""

import os

# Set before anything imports ONNX Runtime, whose newer builds send usage data: nothing about anyone's pictures leaves here.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"
APP_NAME = "evidence"
