"""What the window shows and what its actions do. Imports no GUI library, so it is tested without one."""

from runtime_app.presenter.presenter import Presenter

__all__ = ["Presenter"]
