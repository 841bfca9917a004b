from tests.runtime_app.conftest import tiny_bundle

__all__ = ["tiny_bundle"]
