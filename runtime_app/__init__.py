"""The desktop app: opens a deployment bundle and shows what the network thinks of a picture, with no PyTorch installed."""

__version__ = "0.1.0"
APP_NAME = "evidence"
