"""Which picture, class or row the keys go to."""

from runtime_app.view.ui import Ui


def go(ui: Ui, by: int) -> None:
    """To a neighbour of the current picture, in the order of the list that is shown; in a dialog: scroll."""
    if ui.over:
        scroll_dialog(ui, by)
        return
    if ui.listing is None:
        ui.presenter.step(by)
        return
    order = ui.listing.order
    if not len(order):
        return
    place = ui.presenter.show_beside(order, by)
    columns = ui.listing.columns
    bring_into_view(ui, ui.listing.name, place // columns, -(-len(order) // columns))


def down(ui: Ui, by: int) -> None:
    """By a row of the list; beside a single picture, to the evidence of the next class."""
    if ui.over:
        scroll_dialog(ui, by)
    elif ui.listing is None:
        ui.presenter.step_class(by)
    else:
        go(ui, by * ui.listing.columns)


def page(ui: Ui, by: int) -> None:
    """By as many rows as are shown; beside a single picture, by ten pictures."""
    if ui.over:
        scroll_dialog(ui, by * (1 if ui.paged is None else max(1, ui.paged.fit - 1)))
    elif ui.listing is None:
        go(ui, 10 * by)
    else:
        go(ui, by * ui.listing.columns * max(1, ui.rows.get(ui.listing.name, 1) - 1))


def follow(ui: Ui) -> bool:
    """When a list is come back to from another view, show the picture that has become the current one meanwhile; True when
    it had to be scrolled. Where that is the same one, the list stays where it was."""
    p, listing = ui.presenter, ui.listing
    came, ui.view_before = p.view != ui.view_before, p.view
    if listing is None:
        return False
    known, ui.current_in[listing.name] = ui.current_in.get(listing.name), p.current
    if not came or known == p.current:
        return False
    places = (listing.order == p.current).nonzero()[0]
    if not len(places):
        return False
    before = ui.scroll.get(listing.name)
    bring_into_view(ui, listing.name, int(places[0]) // listing.columns, -(-len(listing.order) // listing.columns))
    return ui.scroll.get(listing.name) != before


def scroll_dialog(ui: Ui, by: int) -> None:
    if ui.paged is not None:
        most = ui.paged.rows - ui.paged.fit
        ui.scroll_to(ui.paged.name, ui.scrolled(ui.paged.name, most) + by, most)


def bring_into_view(ui: Ui, name: str, row: int, rows: int) -> None:
    """Scroll as little as needed to show `row`."""
    fit = ui.rows.get(name, 1)
    first = int(ui.scrolled(name, rows - fit))
    if row < first or row >= first + fit:
        ui.scroll_to(name, row if row < first else row - fit + 1, rows - fit)
