"""What each part of the window shows, as plain values made from the presenter's state."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtime_app.presenter.library import NONE, SURE, UNSURE
from runtime_app.presenter.wording import Bar, Words, bars, engine_words, one_line, percent, times_words, verdict_words

if TYPE_CHECKING:
    from runtime_app.presenter.presenter import Presenter


@dataclass(frozen=True)
class Status:
    """state: ready, attention (something is not as asked) or idle; progress: 0 to 1; progress_widest: the
    longest that progress_text becomes; progress_hint: what waits; action: label of the button."""

    state: str
    engine: str
    reason: str
    times: str
    times_hint: str
    progress: float | None
    progress_text: str
    progress_widest: str
    progress_hint: str
    action: str


def running(p: "Presenter") -> tuple[str, str]:
    """What really runs, and why it is not what was asked for ("" when it is)."""
    if p.loaded is not None:
        return engine_words(p.loaded.classifier.engine, p.loaded.notice)
    return "Opening the bundle\u2026" if p.opening_bundle else "No bundle is open", ""


def status(p: "Presenter") -> Status:
    engine, reason = running(p)
    state = "idle" if p.loaded is None else "attention" if p.loaded.notice else "ready"
    if p.replaced:
        reason, state = p.replaced, "attention"
    if p.notice and p.notice != reason:
        reason = p.notice
    look = p.current_look
    times = times_words(look.decode_ms, look.prepare_ms, look.run_ms) if look and look.result else ""
    done, total, second = p.library.classified, len(p.library), p.comparison.library.classified
    listing = p.workers["batch"].pending("folder")
    text, share, action = "", None, ""
    if listing:
        text, action = f"{total:,} found", "Cancel"
    elif p.classifying:
        text, share, action = f"{done:,} of {total:,}", done / max(total, 1), "Cancel"
    elif p.unlisted:
        text, action = f"{total:,} found so far", "Continue"
    elif p.loaded is not None and done < total and not p.comparing:
        text, share, action = f"{done:,} of {total:,}", done / max(total, 1), "Continue"
    elif p.comparing or second < len(p.comparison.library):
        text, share = f"{second:,} of {total:,}", second / max(total, 1)
        action = "Cancel" if p.comparing else "Continue"
    elif total > 1:
        failed = len(p.library.errors)
        text = f"{done - failed:,} classified" + (f", {failed:,} not readable" if failed else "")
    hint = "Milliseconds for this picture: decoding the file, cropping and resizing it, running the network."
    return Status(
        state,
        engine,
        reason,
        times,
        hint,
        share,
        text,
        f"{total:,} of {total:,}" if text else "",
        _queue_words(p, total - done),
        action,
    )


def _queue_words(p: "Presenter", pictures: int) -> str:
    """How long the queues are: pictures, and requests to the other workers."""
    others = sum(
        p.workers[name].queue_length for name in ("look", "thumbnails", "chores", "export", "compare", "memory")
    )
    waiting = [f"{pictures:,} picture{'' if pictures == 1 else 's'}"] if pictures else []
    if others:
        waiting.append(f"{others} other request{'' if others == 1 else 's'}")
    return f"Waiting: {', '.join(waiting)}" if waiting else "Nothing waits"


def words(p: "Presenter") -> Words:
    """The verdict on the current picture, or what is going on instead."""
    look = p.current_look
    if p.current is None:
        return Words("", "", "quiet")
    if p.failure is not None:
        return Words("cannot be shown", p.failure.title, "failed", p.failure.advice)
    if look is None:
        return Words("", "Opening\u2026", "quiet")
    if look.result is None or p.loaded is None:
        going_on = "Classifying\u2026" if p.loaded is not None else "No bundle is open."
        return Words("", "Opening the bundle\u2026" if p.opening_bundle else going_on, "quiet")
    if len(look.result.probabilities) != len(p.loaded.bundle.manifest.classes):
        return Words("", "Classifying\u2026", "quiet")
    return verdict_words(look.result.verdict, look.result.probabilities, p.loaded.bundle.manifest)


def missing_words(p: "Presenter", advice: str) -> str:
    """What a view says that has nothing to show. advice: what to do where there are no pictures yet."""
    if p.loaded is None and len(p.library):
        return "Opening the bundle\u2026" if p.opening_bundle else "Choose a bundle first (Ctrl+B)"
    return advice


def copied_words(p: "Presenter") -> str | None:
    """For the clipboard: an error that is shown, with all that is known of it, else the verdict on the current picture or
    why it has none; None when there is nothing."""
    look = p.current_look
    if p.errors:
        return f"{p.errors[0].title}\n{p.errors[0].advice}\n\n{p.errors[0].details}"
    if p.failure is not None:
        return f"{p.failure.title} {p.failure.advice}"
    if look is None or look.result is None or p.loaded is None:
        return None
    result = look.result
    said = verdict_words(result.verdict, result.probabilities, p.loaded.bundle.manifest)
    return f"{result.path.name}: {one_line(said)}"


def class_bars(p: "Presenter") -> tuple[Bar, ...]:
    look = p.current_look
    if look is None or look.result is None or p.loaded is None or p.failure is not None:
        return ()
    classes = p.loaded.bundle.manifest.classes
    return bars(look.result.probabilities, classes) if len(classes) == len(look.result.probabilities) else ()


def is_wrong(p: "Presenter", index: int) -> bool:
    """Whether what is known of a picture (a correction goes before its subfolder) is another class than the network's."""
    return bool(p.wrong[index])


def row_words(p: "Presenter", index: int) -> tuple[str, str]:
    """For lists: ("cat 93 %", state) with state sure, unsure, none, failed or pending."""
    state = p.library.states[index]
    label = p.library.label_of(index)
    if label is None or p.loaded is None:
        return ("cannot be opened", "failed") if index in p.library.errors else ("\u2026", "pending")
    text = f"{p.loaded.bundle.manifest.classes[label]} {percent(p.library.probabilities[index, label])} %"
    if state == UNSURE:
        return f"unsure: {text}", "unsure"
    if state == NONE:
        return f"none? {text}", "none"
    assert state == SURE
    return text, "sure"
