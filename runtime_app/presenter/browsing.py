"""From picture to picture, in the order in which a view lists them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime_app.presenter.detail import Details


class Browsing(Details):
    """Every step shows another picture at once; the ones passed by are not decoded."""

    def show_large(self, index: int) -> None:
        """Look at a picture of a list, alone."""
        self.show(index)
        self.set_view("picture")

    def enlarge(self) -> None:
        """Look at the current picture alone; from a gallery that does not list it, at the first one there."""
        if self.current is None:
            return
        order = self.listed()
        if self.view == "gallery" and len(order) and self.current not in order:
            self.show(int(order[0]))
        self.set_view("picture")

    def step(self, by: int) -> None:
        """To a neighbour, in the order in which the heatmap and the gallery list the pictures."""
        if self.current is None:
            return
        self.notice = None
        order = self.listed()
        if len(order):
            found = int(order[self._place_beside(order, by)])
            if found != self.current:
                self.show(found)

    def show_beside(self, order: NDArray[np.intp], by: int) -> int:
        """Look at the picture that lies `by` from the current one in `order`, int [m], not empty; returns its place there."""
        place = self._place_beside(order, by)
        self.notice = None
        self.show(int(order[place]))
        return place

    def _place_beside(self, order: NDArray[np.intp], by: int) -> int:
        """The place in `order`, int [m], not empty, that lies `by` from the current picture, or at the end before that.
        From a picture that is not listed any more, as a mistake that was just settled, it goes on where that one was."""
        places = (order == self.current).nonzero()[0]
        if len(places):
            place = int(places[0]) + by
        elif self.current is not None and order is self.listed():
            rank = np.empty(len(self.library), dtype=np.intp)
            rank[self.library.listed(self.sort)] = np.arange(len(self.library))
            place = int(np.searchsorted(rank[order], rank[self.current])) + (by - 1 if by > 0 else by)
        else:
            place = 0
        return min(max(place, 0), len(order) - 1)

    def listed(self) -> Any:
        """Indices of the pictures in view order: int [m]."""
        key = (self.library, self.library.version, self.sort, self.filter)
        if key != self._listed_for:
            order = self.library.listed(self.sort, self.filter)
            self._listed_for, self._listed = key, order[self.wrong[order]] if self.filter.wrong else order
        return self._listed
