"""A small share of the campaigns in tests/campaigns: the same files at every run, none of them may come as a surprise."""

from pathlib import Path

from tests.campaigns import bundles, pictures


def test_bad_bundles_are_refused_with_one_sentence_and_write_nothing(tmp_path: Path) -> None:
    outcome = bundles.run(40, 1, tmp_path, command_every=20)
    assert outcome.problems == []
    assert outcome.refused == 40


def test_bad_pictures_end_in_a_result_or_one_sentence(tmp_path: Path) -> None:
    outcome = pictures.run(60, 1, tmp_path, timeout=250)
    assert outcome.problems == []
    assert outcome.results + outcome.refusals == 60
